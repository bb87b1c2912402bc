import winston from 'winston'

interface PlainError {
  readonly name: string
  readonly message: string
  readonly code?: unknown
  readonly stack?: string | undefined
  readonly cause?: PlainError
}

function toPlain(error: Error, depth = 0): PlainError {
  const code = (error as { code?: unknown }).code
  return {
    name: error.name,
    message: error.message,
    ...(code === undefined ? {} : { code }),
    stack: error.stack,
    ...(error.cause instanceof Error && depth < 5
      ? { cause: toPlain(error.cause, depth + 1) }
      : {}),
  }
}

/** Spells out errors found in fields; winston alone prints them as `{}` (winston issues 871 and 1007). */
export const errorFormat = winston.format((info) => {
  for (const [key, value] of Object.entries(info))
    if (value instanceof Error) info[key] = toPlain(value)
  return info
})
