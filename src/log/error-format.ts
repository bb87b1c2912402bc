import winston from 'winston'
import { AppError } from '../errors/index.ts'

interface PlainError {
  readonly name: string
  readonly message: string
  readonly code?: unknown
  readonly stack?: string | undefined
  readonly cause?: PlainError
}

const withheld = '(withheld: it may quote a value)'

/**
 * Our own messages never carry values of rows. Those of PostgreSQL (22P02 quotes the cell) and of parsers (RangeError,
 * SyntaxError) do; what remains of them is code, name and the lines of code.
 */
function mayQuoteValues(error: Error): boolean {
  if (error instanceof AppError) return false
  const code = (error as { code?: unknown }).code
  const isFromPostgres = typeof code === 'string' && /^(2[0-9A-Z]|P0)[0-9A-Z]{3}$/.test(code)
  return isFromPostgres || error instanceof RangeError || error instanceof SyntaxError
}

/** The lines of code of a stack, without the message that stands before them. */
function toFrames(stack: string | undefined): string | undefined {
  return stack
    ?.split('\n')
    .filter((line) => /^\s+at /.test(line))
    .join('\n')
}

function toPlain(error: Error, depth = 0): PlainError {
  const code = (error as { code?: unknown }).code
  const isWithheld = mayQuoteValues(error)
  return {
    name: error.name,
    message: isWithheld ? withheld : error.message,
    ...(code === undefined ? {} : { code }),
    stack: isWithheld ? toFrames(error.stack) : error.stack,
    ...(error.cause instanceof Error && depth < 5
      ? { cause: toPlain(error.cause, depth + 1) }
      : {}),
  }
}

/** Spells out errors found in fields; winston alone prints them as `{}` (winston issues 871 and 1007). */
export const errorFormat = winston.format((info) => {
  for (const [key, value] of Object.entries(info)) {
    if (value instanceof Error) info[key] = toPlain(value)
  }
  return info
})
