import { isRetryable, isUnreachable } from '../db/index.ts'
import { AppError } from '../errors/index.ts'

/** What PostgreSQL tells besides its message that names parts of the schema, never values. */
const schemaFacts = ['schema', 'table', 'column', 'dataType', 'constraint', 'routine'] as const

/** What pg and knex say, in words of their own and without a code, when a connection dies; the queue knows them by these words. */
const lostConnection = /not queryable|Query read timeout|Transaction query already complete/

type Facts = Readonly<Record<string, unknown>>

const isName = (value: unknown): value is string =>
  typeof value === 'string' && /^[\w.-]{1,80}$/.test(value)

/** Troubles of network, disk and database say nothing of what is in a file. */
function isOfSurroundings(error: Error): boolean {
  // An abort says nothing of a file, and its class cannot be copied.
  if (error instanceof DOMException) return true
  if (isUnreachable(error) || isRetryable(error)) return true
  return 'syscall' in error || lostConnection.test(error.message)
}

const frame = /^ {4}at (?:[\w$.<>[\] ]+ \()?(?:node:|file:|\/|[A-Za-z]:\\)[^\s"]+:\d+:\d+\)?$/

/** The lines of code of a stack; a message has lines too, and they may look alike. */
function listFrames({ stack = '', message }: Error): string[] {
  const start = stack.lastIndexOf(message)
  const rest = start < 0 ? stack : stack.slice(start + message.length)
  return rest.split('\n').filter((line) => frame.test(line))
}

function cleanForeign(error: Error, cause: Error | undefined): Error {
  const facts = error as unknown as Facts
  const told = schemaFacts.flatMap((key) => {
    const fact = facts[key]
    return isName(fact) ? [`${key} ${fact}`] : []
  })
  const where = told.length === 0 ? '' : ` (${told.join(', ')})`
  const message = `What was said is left out, since it may hold values of a row${where}.`
  const safe = new Error(message, cause === undefined ? undefined : { cause })
  // The kind of error stays what it was: the queue names it to people.
  Object.setPrototypeOf(safe, Object.getPrototypeOf(error) as object)
  const name = isName(error.name) ? error.name : 'Error'
  const frames = listFrames(error)
  const stack = [`${name}: ${message}`, ...frames].join('\n')
  const { code } = facts
  return Object.assign(safe, { stack }, isName(code) ? { code } : {})
}

/**
 * The same error in words that are safe to log.
 *
 * Errors of libraries and of PostgreSQL quote what they stumbled over (`invalid input syntax for type date: "…"`), and while
 * rows are read that is somebody's data. Of those only the kind, the code, the names of the schema and the stack without its
 * message are left, their causes likewise. An `AppError` has safe words by its contract; only its cause is cleaned.
 */
export function withoutRowValues(thrown: unknown): Error {
  const error = thrown instanceof Error ? thrown : new Error('Something that is no error.')
  const cause = error.cause instanceof Error ? withoutRowValues(error.cause) : undefined
  if (error.cause === cause && (error instanceof AppError || isOfSurroundings(error))) return error
  if (!(error instanceof AppError)) return cleanForeign(error, cause)
  const { code, message, context, hint, stack } = error
  const copy = Reflect.construct(error.constructor, [
    code,
    message,
    { context, hint, cause },
  ]) as AppError
  return stack === undefined ? copy : Object.assign(copy, { stack })
}
