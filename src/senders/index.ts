/**
 * senders — ways to hand a message over: e-mail by SMTP, and signed webhooks.
 *
 * In:  one message with its own id, to one place. Out: `send` → accepted, temporary, permanent or unknown.
 * Promise: a sender never throws, never repeats by itself, and never calls accepted what was not; `unknown` is said where it is
 * so; no webhook reaches a network that the operator did not open.
 */
export { createSenders } from './senders.ts'
export type { SenderParts } from './senders.ts'
export { createSmtpSender } from './smtp.ts'
export type { SmtpPatience, SmtpSettings } from './smtp.ts'
export type {
  Destination,
  OutgoingMessage,
  SendAnswer,
  Sender,
  SendFault,
  SendFaultCode,
} from './types.ts'
export { createWebhookSender } from './webhook.ts'
export type { WebhookParts, WebhookSettings } from './webhook.ts'
export { createWebhookSecret, parseWebhookSecret } from './webhook-signature.ts'
export { parseWebhookUrl } from './webhook-url.ts'
