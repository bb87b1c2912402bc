import { createSmtpSender } from './smtp.ts'
import type { SmtpSettings } from './smtp.ts'
import type { Sender } from './types.ts'
import { createWebhookSender } from './webhook.ts'
import type { WebhookSettings } from './webhook.ts'

/** What the senders of an installation are built from; the names are those of the configuration. */
export interface SenderParts {
  readonly settings: { readonly smtp: SmtpSettings; readonly webhook: WebhookSettings }
  /** Version of this program, for `user-agent`. */
  readonly version: string
  readonly now: () => Date
}

/** The senders by their channel. Nothing is dialled before the first message. */
export function createSenders({
  settings,
  version,
  now,
}: SenderParts): Readonly<Record<'email' | 'webhook', Sender>> {
  const userAgent = `docketdrop/${version}`
  return {
    email: createSmtpSender(settings.smtp),
    webhook: createWebhookSender({ settings: settings.webhook, userAgent, now }),
  }
}
