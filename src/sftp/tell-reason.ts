import type { ServerChannel } from 'ssh2'
import { AppError } from '../errors/index.ts'
import type { ErrorCode } from '../errors/index.ts'
import { toStatus } from './status.ts'

/** Refusals whose reason the people behind a sender need to read. */
const telling: ReadonlySet<ErrorCode> = new Set<ErrorCode>([
  'AGENCY_DISABLED',
  'DISK_FULL',
  'DISK_RESERVE',
  'EXTENSION_REFUSED',
  'FILE_TOO_LARGE',
  'HANDLE_LIMIT',
  'PATH_INVALID',
  'PATH_READ_ONLY',
  'QUOTA_BYTES',
  'QUOTA_ENTRIES',
  'QUOTA_FILES',
  'SERVER_DRAINING',
  'WRITE_FAILED',
  'WRITE_GAP',
])

/** Lines of one channel; a client that goes on against a wall has read them by then. */
const mostLines = 20

/**
 * Says why on the error stream of the channel (RFC 4254 §5.2) too: OpenSSH's sftp prints "Failure" or "Permission denied" for a
 * STATUS and keeps its sentence to itself, but shows this line, which so lands in the log of a scheduled job. The same sentence
 * is told once in a row.
 */
export function createReasonTeller(
  channel: Pick<ServerChannel, 'stderr'>,
): (thrown: unknown) => void {
  let last = ''
  let lines = 0
  return (thrown) => {
    if (!(thrown instanceof AppError) || !telling.has(thrown.code) || lines >= mostLines) return
    const { text } = toStatus(thrown)
    if (text === last) return
    last = text
    lines += 1
    channel.stderr.write(`${text}\n`)
  }
}
