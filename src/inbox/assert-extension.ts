import type { Agency } from '../agencies/index.ts'
import { AccessError } from '../errors/index.ts'
import { isTemporaryName } from './is-temporary-name.ts'

const temporaryEnding =
  /(\.(filepart|part|partial|tmp|temp|writing|uploading|upload|incomplete|inprogress)|~)$/i

function withoutEndings(name: string): string {
  const shorter = name.replace(temporaryEnding, '')
  return shorter === name ? name : withoutEndings(shorter)
}

/**
 * What the name says of the kind of the file: its extension, or for a temporary name whatever stands between dots under
 * its ending, since some clients put marks of their own there (rclone: `x.csv.1a2b3c4d.partial`). Undefined for
 * temporary names that say nothing, such as lftp's and rsync's with a leading dot: those are judged when they are renamed.
 */
function readExtensions(name: string): readonly string[] | undefined {
  const lower = name.toLowerCase()
  if (!isTemporaryName(name)) return lower.split('.').slice(1).slice(-1)
  const under = withoutEndings(lower)
  return isTemporaryName(under) || /^ctmp/.test(under) ? undefined : under.split('.').slice(1)
}

/**
 * Judges a file name by the list of its agency. Names of folders are not judged.
 *
 * @throws {AccessError} EXTENSION_REFUSED
 */
export function assertExtension({ extensions }: Pick<Agency, 'extensions'>, name: string): void {
  if (extensions === undefined) return
  const found = readExtensions(name)
  if (found === undefined || found.some((extension) => extensions.includes(extension))) return
  const taken = extensions.map((extension) => `.${extension}`).join(', ')
  throw new AccessError(
    'EXTENSION_REFUSED',
    `Files of this kind are not taken here: only ${taken}.`,
    {
      context: { extensions: extensions.join(',') },
      hint: 'Send the file under a name with one of these endings, or ask the operator to allow another one.',
    },
  )
}
