/**
 * log — one logger: constant texts with fields, JSON lines in service, coloured lines at a terminal.
 *
 * In:  level, format and a stream. Out: `Logger`, with children that carry ids (`sessionId`, `uploadId`, `agencyId` …).
 * Promise: errors under `err` are spelled out with their causes; secrets and personal data that slip in are masked.
 */
export { createLogger } from './logger.ts'
export type { LogFields, Logger, LoggerOptions } from './logger.ts'
