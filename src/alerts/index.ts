/**
 * alerts — tells agencies what becomes of their files: by e-mail and webhook, and by a nightly file of results.
 *
 * In:  changes of uploads (a trigger writes an alert into the transaction of the change), expected times of feeds, keys that end.
 * Out: `createAlerts` → one message per target, event and try of a file.
 * Promise: what was committed is told at least once, with the same id each time; what cannot be delivered is tried for days and then
 * given up visibly; no alert holds row values or names of clients.
 */
export { createAlerts } from './alerts.ts'
export type { AlertParts } from './alerts.ts'
export { alertEvents, describeEvents } from './events.ts'
export type { AlertEvent, AnyAlertEvent } from './events.ts'
export type { ListResults, ResultRow } from './results.ts'
export type {
  Alert,
  AlertFilter,
  Alerts,
  AlertState,
  AlertTarget,
  NewAlertTarget,
} from './types.ts'
