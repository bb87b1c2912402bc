/**
 * messaging — from committed records to a planned, explained reminder.
 *
 * In:  plan requests and records. Out: one `messages` row per event, occurrence, step and contact, and its end.
 * Promise: planning twice makes nothing twice; a changed date cancels what was planned for the old one; what cannot be sent is a row that says why.
 */
export { createMessaging } from './messaging.ts'
export type { MessagingParts } from './messaging.ts'
export { messageStates } from './types.ts'
export type {
  MessageFilter,
  MessageJson,
  MessageResult,
  Messaging,
  MessageState,
  Rehearsal,
  StoredFlow,
} from './types.ts'
