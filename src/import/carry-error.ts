import {
  AccessError,
  AppError,
  ConfigError,
  ConflictError,
  FileError,
  LimitError,
  NotFoundError,
  UnavailableError,
  UsageError,
} from '../errors/index.ts'
import type { ErrorCode, ErrorContext } from '../errors/index.ts'

/** An error as plain data, so that another process can have it. */
export interface CarriedError {
  /** The class it was made of. */
  readonly kind: string
  readonly name: string
  readonly message: string
  readonly stack: string | undefined
  /** Only of our own errors. */
  readonly own: { readonly context: ErrorContext; readonly hint: string } | undefined
  /** Codes and names that its readers know it by, such as `code`, `syscall`, `table`. */
  readonly facts: Readonly<Record<string, string | number | boolean>>
  readonly cause: CarriedError | undefined
}

const ownKinds: Readonly<Record<string, typeof AppError>> = {
  AppError,
  AccessError,
  ConfigError,
  ConflictError,
  FileError,
  LimitError,
  NotFoundError,
  UnavailableError,
  UsageError,
}

const foreignKinds: Readonly<Record<string, ErrorConstructor>> = {
  TypeError,
  RangeError,
  SyntaxError,
  ReferenceError,
}

const isPlain = (value: unknown): value is string | number | boolean =>
  typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean'

/** Takes an error apart. What it says must be safe to log already (`withoutRowValues`). */
export function packError(thrown: unknown): CarriedError {
  const error = thrown instanceof Error ? thrown : new Error('Something that is no error.')
  const { message, stack, name } = error
  const own = error instanceof AppError ? { context: error.context, hint: error.hint } : undefined
  const facts = Object.entries(error).filter(([, value]) => isPlain(value))
  // The code of an aborted signal and of Node's own errors is not enumerable or not its own.
  const { code } = error as { code?: unknown }
  return {
    kind: error.constructor.name,
    name,
    message,
    stack,
    own,
    facts: Object.fromEntries(isPlain(code) ? [...facts, ['code', code]] : facts),
    cause: error.cause instanceof Error ? packError(error.cause) : undefined,
  }
}

/** Puts it together again: of the same class where it is one of ours or of the language, else an `Error` of that name. */
export function unpackError({
  kind,
  name,
  message,
  stack,
  own,
  facts,
  cause,
}: CarriedError): Error {
  const whole = cause === undefined ? undefined : unpackError(cause)
  const Own = ownKinds[kind]
  if (own !== undefined && Own !== undefined) {
    const error = new Own(facts['code'] as ErrorCode, message, { ...own, cause: whole })
    return stack === undefined ? error : Object.assign(error, { stack })
  }
  const Foreign = foreignKinds[kind] ?? Error
  const error = new Foreign(message, whole === undefined ? undefined : { cause: whole })
  return Object.assign(error, facts, { name }, stack === undefined ? {} : { stack })
}
