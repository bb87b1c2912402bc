import { AccessError, AppError, NotFoundError } from '../errors/index.ts'
import { statusCodes } from './codec/constants.ts'
import type { StatusCode } from './codec/constants.ts'

/** What a client is told. */
export interface Status {
  readonly code: StatusCode
  readonly text: string
}

const missing: Status = { code: statusCodes.noSuchFile, text: 'There is no such file or folder.' }
const denied: Status = { code: statusCodes.permissionDenied, text: 'This is not allowed.' }
const bad: Status = { code: statusCodes.badMessage, text: 'The request cannot be understood.' }

/** As OpenSSH's sftp-server maps them (errno_to_portable); the texts never hold Node's own, which name paths of this machine. */
const byErrno: Readonly<Record<string, Status>> = {
  ENOENT: missing,
  ENOTDIR: missing,
  EBADF: missing,
  ELOOP: missing,
  EPERM: denied,
  EACCES: denied,
  EFAULT: denied,
  ENAMETOOLONG: bad,
  EINVAL: bad,
  ENOSYS: { code: statusCodes.unsupported, text: 'The server cannot do this.' },
  ENOSPC: { code: statusCodes.failure, text: 'The disk of the server has no room left.' },
  ENOTEMPTY: { code: statusCodes.failure, text: 'The folder still holds something.' },
  EEXIST: { code: statusCodes.failure, text: 'There is a file or folder of this name already.' },
}

const unexpected: Status = {
  code: statusCodes.failure,
  text: 'Something went wrong in the server; its log has the details.',
}

function codeOf(error: AppError): StatusCode {
  if (error instanceof NotFoundError) return statusCodes.noSuchFile
  if (error instanceof AccessError) return statusCodes.permissionDenied
  if (error.code === 'PROTOCOL_ERROR') return statusCodes.badMessage
  if (error.code === 'REQUEST_UNSUPPORTED') return statusCodes.unsupported
  return statusCodes.failure
}

/** Errno of an error of Node's file functions, such as `ENOENT`. */
export function errnoOf(thrown: unknown): string | undefined {
  const { code } = thrown instanceof Error ? (thrown as NodeJS.ErrnoException) : {}
  return typeof code === 'string' && /^E[A-Z0-9]+$/.test(code) ? code : undefined
}

/** Whether the failure is one of ours or the machine's, rather than the client's: such a one belongs into the log. */
export function isUnexpected(thrown: unknown): boolean {
  if (thrown instanceof AppError) return thrown.code === 'INTERNAL'
  return byErrno[errnoOf(thrown) ?? ''] === undefined
}

/** The one translator from errors to SFTP status codes and sentences. */
export function toStatus(thrown: unknown): Status {
  if (thrown instanceof AppError) {
    const text = thrown.hint === '' ? thrown.message : `${thrown.message} ${thrown.hint}`
    return { code: codeOf(thrown), text }
  }
  return byErrno[errnoOf(thrown) ?? ''] ?? unexpected
}
