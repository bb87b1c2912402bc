import { UsageError } from '../errors/index.ts'

const limit = 255
/** C0, DEL, C1, line separators, bidirectional overrides and the mark of bytes that were not UTF-8. */
const unsafe = /[\u0000-\u001f\u007f-\u009f\u2028\u2029\u202a-\u202e\u2066-\u2069\ufffd\\/]/
const own = /\.receipt\.json$|__[0-9a-f]{8,12}\.(error|held)\.txt$|^\.(spool|journal)$/i

function refuse(message: string, hint: string): never {
  throw new UsageError('PATH_INVALID', message, { hint })
}

/**
 * Checks the name of a file or folder that is to be made, and returns it in the form it is stored in (Unicode NFC).
 *
 * @throws {UsageError} PATH_INVALID for control characters, bytes that are not UTF-8, `\`, more than 255 bytes, and the
 * names that docketdrop itself uses for receipts
 */
export function assertName(name: string): string {
  const stored = name.normalize('NFC')
  if (stored === '' || stored === '.' || stored === '..')
    refuse('The name of a file or folder is missing.', 'Give the file a name.')
  if (!stored.isWellFormed() || unsafe.test(stored))
    refuse(
      'The name has characters that cannot be used: control characters, a backslash, or bytes that are not UTF-8.',
      'Use letters, digits, blanks, dots, hyphens and underscores.',
    )
  const bytes = Buffer.byteLength(stored)
  if (bytes > limit)
    refuse(`The name is ${bytes} bytes long; ${limit} are allowed.`, 'Use a shorter name.')
  if (own.test(stored))
    refuse(
      'Names such as *.receipt.json are used by docketdrop itself.',
      'Send the file under another name.',
    )
  return stored
}
