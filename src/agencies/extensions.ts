import { UsageError } from '../errors/index.ts'

const shape = /^[a-z0-9][a-z0-9_-]{0,15}$/
const most = 50

/**
 * Extensions as they are compared: lower case, without the dot, each once; null, which is any, for an empty list.
 *
 * @throws UsageError for anything that is no extension
 */
export function assertExtensions(extensions: readonly string[]): string[] | null {
  const clean = extensions.map((extension) => {
    const text = extension.trim().toLowerCase().replace(/^\./, '')
    if (shape.test(text)) return text
    throw new UsageError(
      'USAGE_INVALID',
      `${JSON.stringify(extension.slice(0, 40))} is not the extension of a file name.`,
      { hint: 'Write them as csv,txt,xlsx, or any to take every file.' },
    )
  })
  if (clean.length > most)
    throw new UsageError('USAGE_INVALID', `There are more than ${most} extensions.`, {
      hint: 'Write any to take every file.',
    })
  return clean.length === 0 ? null : [...new Set(clean)]
}
