/**
 * import — a queued file becomes records, or is refused whole.
 *
 * In:  a claimed upload and its agency's template. Out: merged records, a report, rejected rows, a plan request: one transaction.
 * Promise: all or nothing per file; every row is accounted for; a bad row is a value in the report, never a crash.
 */
export { createImporter } from './importer.ts'
export type { ImporterParts } from './importer.ts'
export { createTemplates } from './templates.ts'
export type {
  Importer,
  ImportProgress,
  StoredTemplate,
  Templates,
  TemplateTest,
  TestTier,
} from './types.ts'
