import type { ErrorCode } from './codes.ts'

/** What an error carries besides its code: small facts that are safe to log and show. Never names, phones, row values, secrets. */
export type ErrorContext = Readonly<Record<string, string | number | boolean | null | undefined>>

export interface ErrorParts {
  /** Facts for the log; ids, counts, limits. */
  readonly context?: ErrorContext
  /** What to do next, in one plain sentence. */
  readonly hint?: string
  readonly cause?: unknown
}

/**
 * Base of every error this program raises on purpose.
 *
 * `message` says what was tried, what was expected and what came; `hint` says what to do next.
 * The subclasses are named after who must act; see `codes.ts` for the catalogue.
 */
export class AppError extends Error {
  readonly code: ErrorCode
  readonly context: ErrorContext
  readonly hint: string

  constructor(code: ErrorCode, message: string, parts: ErrorParts = {}) {
    super(message, parts.cause === undefined ? undefined : { cause: parts.cause })
    this.name = new.target.name
    this.code = code
    this.context = parts.context ?? {}
    this.hint = parts.hint ?? ''
  }
}

/** A setting is missing or wrong: the operator must mend it before the start. CLI exit 2. */
export class ConfigError extends AppError {}

/** A command or request was written wrongly: the caller must mend it. CLI exit 2. */
export class UsageError extends AppError {}

/** The thing asked for does not exist. CLI exit 4, SFTP NO_SUCH_FILE. */
export class NotFoundError extends AppError {}

/** The caller may not do this. CLI exit 5, SFTP PERMISSION_DENIED. */
export class AccessError extends AppError {}

/** The file or its template cannot be used: the agency must act. CLI exit 6. */
export class FileError extends AppError {}

/** It exists already, is stale, or is in another state than expected. CLI exit 7. */
export class ConflictError extends AppError {}

/** A service this program needs cannot be reached: the operator must act. CLI exit 8. */
export class UnavailableError extends AppError {}

/** Too large, too many, too fast. CLI exit 1, SFTP FAILURE with words. */
export class LimitError extends AppError {}
