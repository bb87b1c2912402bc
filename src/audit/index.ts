/**
 * audit — the append-only, hash-chained log of who did what.
 *
 * In:  `recordAudit` inside the transaction of the act itself; `note` of a trail for what happens without one, such as a sign-in.
 * Out: `listAudit`, `streamAudit`, `verifyAudit`.
 * Promise: an act and its entry are committed together; a changed, removed or reordered entry is found by `verifyAudit`; a note
 * that was left out is counted in its chain.
 */
export { recordAudit } from './append-store.ts'
export { listAudit, listChains, streamAudit, verifyAudit } from './audit-store.ts'
export type { AuditFilter } from './audit-store.ts'
export { createAuditTrail } from './audit-trail.ts'
export type { AuditTrailParts } from './audit-trail.ts'
export type { AuditEntry, AuditTrail, AuditVerdict, NewAuditEntry, NoteAudit } from './types.ts'
