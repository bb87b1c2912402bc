/**
 * import — a queued file becomes records, or is refused whole.
 *
 * In:  a claimed upload and its agency's template. Out: merged records, a report, rejected rows, a plan request: one transaction.
 * Promise: all or nothing per file; every row is accounted for; a bad row is a value in the report, never a crash.
 */
export { createImporter } from './importer.ts'
export type { ImporterParts } from './importer.ts'
export { createImportWorkers } from './import-workers.ts'
export type { ImportWorkers, ImportWorkersParts } from './import-workers.ts'
export { getReadyMade, readyMadeTemplates } from './ready-made.ts'
export type { ReadyMade } from './ready-made.ts'
export { createTemplates } from './templates.ts'
export { undoImport } from './undo-import.ts'
export type { TemplateChange } from './diff-templates.ts'
export type { Suggestion } from './suggest.ts'
export type { SuggestedLine } from './suggested-lines.ts'
export type {
  Importer,
  ImportProgress,
  StoredTemplate,
  TemplateDiff,
  Templates,
  TemplateTest,
  TestTier,
} from './types.ts'
