/**
 * records — clients, contacts, cases, events, participants, locations, judges, payments.
 *
 * In:  normalised rows (`mergeRows`), inside the importer's transaction. Out: exports, single records, and the request
 * that makes messaging plan anew. Promise: keyed by agency; a second merge of the same rows changes nothing; unchanged rows are not rewritten.
 */
export { analyzeRecords } from './analyze-store.ts'
export { exportRecords, listExportKeys } from './export-store.ts'
export { lockPlanning } from './history-store.ts'
export { mergeRows } from './merge/merge-rows.ts'
export {
  findPlanResult,
  finishPlanRequest,
  putOffPlanRequest,
  requestPlan,
  takePlanRequest,
} from './plan-request-store.ts'
export { showRecord } from './show-store.ts'
export type { ShownKind } from './show-store.ts'
export { undoUpload } from './undo/undo-upload.ts'
export type { UndoBlocker, UndoCounts, UndoKind, UndoResult } from './undo/undo-types.ts'
export { listTouchedEventIds, selectTouchedEvents } from './touched-events-store.ts'
export type {
  Absence,
  Counts,
  Doubt,
  EventChange,
  EventStatus,
  ExportedRecord,
  LoadRow,
  MergeFigures,
  MergeOptions,
  MergeResult,
  PlanRequest,
  PlanResult,
  RecordKind,
  Role,
} from './types.ts'
