import { AppError, LimitError, toError } from '../errors/index.ts'

const full = new Set(['ENOSPC', 'EDQUOT'])

/** The error of a failed write in words that a sender can be shown. */
export function toWriteFailure(thrown: unknown): AppError {
  if (thrown instanceof AppError) return thrown
  const error = toError(thrown)
  const code = (error as NodeJS.ErrnoException).code ?? ''
  if (full.has(code))
    return new LimitError('DISK_FULL', 'No space left on the disk of the server.', {
      hint: 'Tell the operator of the server; send the file again when there is room.',
      cause: error,
    })
  return new LimitError('WRITE_FAILED', 'A part of the file could not be written to disk.', {
    context: { errno: code },
    hint: 'Send the file again; if it fails again, tell the operator of the server.',
    cause: error,
  })
}

/** The file would grow beyond the limit. */
export function tooLarge(limit: number): AppError {
  return new LimitError('FILE_TOO_LARGE', `The file is larger than the limit of ${limit} bytes.`, {
    context: { limit },
    hint: 'Send smaller files, or ask the operator of the server to raise the limit.',
  })
}
