import type { Logger, LogFields } from '../log/index.ts'
import { packError } from './carry-error.ts'
import type { FromWorker } from './worker-messages.ts'

/** A log whose lines are written by another process, with that one's level, format and redaction. */
export function createCarriedLog(
  tell: (message: FromWorker) => void,
  outer: LogFields = {},
): Logger {
  const write =
    (level: 'error' | 'warn' | 'info' | 'debug') =>
    (text: string, given: LogFields = {}) => {
      const { err, ...fields }: Readonly<Record<string, unknown>> = { ...outer, ...given }
      const error = err === undefined ? undefined : packError(err)
      tell({ kind: 'log', level, text, fields, error })
    }
  return {
    error: write('error'),
    warn: write('warn'),
    info: write('info'),
    debug: write('debug'),
    child: (fields) => createCarriedLog(tell, { ...outer, ...fields }),
  }
}
