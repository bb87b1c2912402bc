/**
 * errors — one base class, a few subclasses named after who must act, and the catalogue of codes.
 *
 * In:  nothing. Out: `AppError` and its kin, `errorCodes`, `toError`.
 * Promise: every code that a person or program can see stands in the catalogue with one sentence of meaning.
 */
export {
  AccessError,
  AppError,
  ConfigError,
  ConflictError,
  FileError,
  LimitError,
  NotFoundError,
  UnavailableError,
  UsageError,
} from './app-error.ts'
export type { ErrorContext, ErrorParts } from './app-error.ts'
export { errorCodes } from './codes.ts'
export type { ErrorCode } from './codes.ts'
export { describeErrors } from './describe.ts'
export { findNearestName, suggestName } from './nearest-name.ts'
export { toError } from './to-error.ts'
