import {
  AccessError,
  AppError,
  ConfigError,
  ConflictError,
  FileError,
  NotFoundError,
  UnavailableError,
  UsageError,
} from '../errors/index.ts'

/** Exit codes of the command line (design: public contract §4). */
export const exitCodes = {
  done: 0,
  failed: 1,
  usage: 2,
  rejects: 3,
  notFound: 4,
  notAllowed: 5,
  fileRefused: 6,
  conflict: 7,
  unreachable: 8,
  interrupted: 130,
} as const

/** What each exit code means, for `--help` and the README. */
export const exitMeanings: Readonly<Record<number, string>> = {
  0: 'done',
  1: 'failed, or waited in vain',
  2: 'the command or a setting was written wrongly',
  3: 'done, but rows were rejected',
  4: 'not found',
  5: 'not allowed',
  6: 'the file was refused or is held',
  7: 'conflict: it exists already, is stale or in use',
  8: 'a service cannot be reached',
  130: 'interrupted',
}

/** The exit code of an error: who must act decides. */
export function toExitCode(error: unknown): number {
  if (error instanceof UsageError || error instanceof ConfigError) return exitCodes.usage
  if (error instanceof NotFoundError) return exitCodes.notFound
  if (error instanceof AccessError) return exitCodes.notAllowed
  if (error instanceof FileError) return exitCodes.fileRefused
  if (error instanceof ConflictError) return exitCodes.conflict
  if (error instanceof UnavailableError) return exitCodes.unreachable
  if (error instanceof AppError && error.code === 'INTERRUPTED') return exitCodes.interrupted
  return exitCodes.failed
}
