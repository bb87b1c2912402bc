import { AppError, FileError, toError } from '../../errors/index.ts'
import type { Layer } from './types.ts'

const names: Readonly<Record<Layer, string>> = {
  pgp: 'OpenPGP file',
  gzip: 'gzip file',
  zip: 'zip archive',
}

/** The fault of a container whose bytes are not what they should be. */
export function toCorrupt(layer: Layer, cause: unknown): FileError {
  const { message } = toError(cause)
  return new FileError(
    'ARCHIVE_CORRUPT',
    `The ${names[layer]} is damaged or cut off (${message}).`,
    {
      cause,
      context: { layer },
      hint: 'Send the file again, and let the transfer finish.',
    },
  )
}

/** What lies in the file becomes ARCHIVE_CORRUPT; faults of our disk stay what they are, so that the file is tried again. */
export function toContainerFault(layer: Layer, thrown: unknown): Error {
  if (thrown instanceof AppError) return thrown
  const error = toError(thrown)
  return 'syscall' in error ? error : toCorrupt(layer, error)
}

/** The fault of a container that unpacks to too much. */
export function toBomb(layer: Layer, what: string, context: Record<string, number>): FileError {
  return new FileError('ARCHIVE_BOMB', `The ${names[layer]} unpacks to ${what}; it was not read.`, {
    context: { layer, ...context },
    hint: 'Send the report unpacked, or split it into several files.',
  })
}
