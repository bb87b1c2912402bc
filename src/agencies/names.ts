import { UsageError } from '../errors/index.ts'

const pattern = /^[a-z0-9][a-z0-9-]{1,62}$/

/** Could anything be called that? What could not is not looked up, so that no odd byte of a stranger reaches the database. */
export function isName(name: string): boolean {
  return pattern.test(name)
}

/** The nearest name that would do, or undefined. */
function mend(name: string): string | undefined {
  const mended = name
    .normalize('NFKD')
    .toLowerCase()
    .replace(/\p{Mark}/gu, '')
    .replace(/[^a-z0-9]+/g, '-')
    .replace(/^-+/, '')
    .slice(0, 63)
    .replace(/-+$/, '')
  return pattern.test(mended) ? mended : undefined
}

/** The name itself, if it is one: `^[a-z0-9][a-z0-9-]{1,62}$`, so that it is safe as a folder. @throws UsageError USAGE_INVALID */
export function assertName(kind: 'agency' | 'account' | 'feed' | 'template', name: string): string {
  if (pattern.test(name)) return name
  const mended = mend(name)
  throw new UsageError(
    'USAGE_INVALID',
    `The name of the ${kind} cannot be ${JSON.stringify(name.slice(0, 80))}: 2 to 63 lower-case letters, digits and hyphens are needed, beginning with a letter or digit.`,
    mended === undefined
      ? { hint: 'Choose a short name, such as maricopa-justice.' }
      : { hint: `Use ${mended}, for example.` },
  )
}

/** One line of text for people, trimmed. @throws UsageError USAGE_INVALID when blank, longer than `most` characters, or with control characters */
export function assertLine(what: string, text: string, most: number): string {
  const line = text.normalize('NFC').trim()
  if (line !== '' && line.length <= most && !/\p{Cc}|\p{Cs}|\u2028|\u2029/u.test(line)) return line
  throw new UsageError(
    'USAGE_INVALID',
    `${what} must be one line of 1 to ${most} characters; ${line === '' ? 'it is blank' : `it has ${line.length}, or characters that cannot be shown`}.`,
    { hint: 'Write it on one line, and shorter if need be.' },
  )
}
