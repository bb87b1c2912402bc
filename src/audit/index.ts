/**
 * audit — the append-only, hash-chained log of who did what.
 *
 * In:  `recordAudit` inside the transaction of the act itself. Out: `listAudit`, `verifyAudit`.
 * Promise: an act and its entry are committed together; a changed, removed or reordered entry is found by `verifyAudit`.
 */
export { listAudit, recordAudit, verifyAudit } from './audit-store.ts'
export type { AuditEntry, AuditVerdict, NewAuditEntry, NoteAudit } from './audit-store.ts'
