import { readFile } from 'node:fs/promises'
import { text } from 'node:stream/consumers'
import { NotFoundError, UsageError } from '../errors/index.ts'
import type { CliStreams } from './streams.ts'

/**
 * The text of a file, or of standard input for `-`.
 *
 * @throws {NotFoundError} `PATH_NOT_FOUND`; {UsageError} for a folder or an unreadable file
 */
export async function readInput(path: string, streams: CliStreams): Promise<string> {
  if (path === '-') return text(streams.stdin)
  try {
    return await readFile(path, 'utf8')
  } catch (cause) {
    throw toPathError(path, cause)
  }
}

/** The one translation of a local path that cannot be read. */
export function toPathError(path: string, cause: unknown): NotFoundError | UsageError {
  if ((cause as { code?: string }).code === 'ENOENT') {
    return new NotFoundError('PATH_NOT_FOUND', `There is no file ${path}.`, {
      hint: 'Check the path.',
      cause,
    })
  }
  return new UsageError('USAGE_INVALID', `${path} cannot be read as a file.`, {
    hint: 'Check the path and its permissions.',
    cause,
  })
}
