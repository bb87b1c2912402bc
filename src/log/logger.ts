import { Writable } from 'node:stream'
import winston from 'winston'
import { errorFormat } from './error-format.ts'
import { prettyFormat } from './pretty-format.ts'
import { redactFormat } from './redact-format.ts'

/** Facts that ride along with a log line. Ids, counts, codes; an error goes under `err`. `message` and `level` are taken. */
export type LogFields = Readonly<Record<string, unknown>> & {
  readonly message?: never
  readonly level?: never
}

/** Constant text plus fields. Never names, phones, addresses, texts, row values or secrets. */
export interface Logger {
  error(text: string, fields?: LogFields): void
  warn(text: string, fields?: LogFields): void
  info(text: string, fields?: LogFields): void
  debug(text: string, fields?: LogFields): void
  /** The same logger with fields on every line; inner fields win over outer ones. */
  child(fields: LogFields): Logger
}

export interface LoggerOptions {
  readonly level: 'error' | 'warn' | 'info' | 'debug'
  readonly format: 'json' | 'pretty'
  /** Colour for the pretty format; off by default. */
  readonly hasColor?: boolean
  /** Where the lines go; standard error by default. */
  readonly stream?: NodeJS.WritableStream
}

const levels = ['error', 'warn', 'info', 'debug'] as const

/** A line below the level is dropped here: winston would build it first. */
function wrap(logger: winston.Logger, level: LoggerOptions['level']): Logger {
  const most = levels.indexOf(level)
  const write =
    (own: LoggerOptions['level']): Logger['info'] =>
    (text, fields) => {
      if (levels.indexOf(own) <= most) logger[own](text, fields)
    }
  return {
    error: write('error'),
    warn: write('warn'),
    info: write('info'),
    debug: write('debug'),
    child: (fields) => wrap(logger.child(fields), level),
  }
}

/** Standard error without winston's end(): the stream belongs to the process. */
function standardError(): Writable {
  return new Writable({
    decodeStrings: false,
    write: (chunk: string, _encoding, done) => {
      process.stderr.write(chunk, () => done())
    },
  })
}

/** One line per entry: JSON objects with the key `message`, or coloured text for people. */
export function createLogger({ level, format, stream, hasColor = false }: LoggerOptions): Logger {
  const line = format === 'json' ? winston.format.json() : prettyFormat(hasColor)
  return wrap(
    winston.createLogger({
      level,
      format: winston.format.combine(
        winston.format.timestamp(),
        errorFormat(),
        redactFormat(),
        line,
      ),
      transports: [new winston.transports.Stream({ stream: stream ?? standardError() })],
    }),
    level,
  )
}
