import { UsageError } from '../errors/index.ts'
import type { Template } from './template.ts'

/**
 * Refuses the methods that read the absence of a row as its removal, which this version does not do.
 * Taking such a template for `update` would leave dates standing that the court has taken off.
 *
 * @throws {UsageError} TEMPLATE_INVALID
 */
export function assertMethodAvailable({
  template,
  method,
}: Pick<Template, 'template' | 'method'>): void {
  if (method === 'update') return
  throw new UsageError(
    'TEMPLATE_INVALID',
    `The template ${template} is written well, but its method ${method} is not available in this version; it was not treated as another one, and nothing was changed.`,
    {
      hint: 'Set method: update. Rows are then added and changed; a date that is missing from a file stays until a row says otherwise.',
    },
  )
}
