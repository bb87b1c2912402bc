import { createHmac } from 'node:crypto'
import { UsageError } from '../errors/index.ts'

const prefix = 'whsec_'

/**
 * The key behind a signing secret: `whsec_` and 24 to 64 bytes in base64 (Standard Webhooks 1.0, "Signature scheme").
 *
 * @throws UsageError USAGE_INVALID; the secret itself is not told
 */
export function parseWebhookSecret(secret: string): Buffer {
  const text = secret.startsWith(prefix) ? secret.slice(prefix.length) : ''
  const key = Buffer.from(text, 'base64')
  const isWhole =
    text !== '' && key.toString('base64').replace(/=+$/, '') === text.replace(/=+$/, '')
  if (isWhole && key.length >= 24 && key.length <= 64) return key
  throw new UsageError('USAGE_INVALID', 'This is no signing secret for a webhook.', {
    hint: 'It is whsec_ and then 24 to 64 bytes in base64. Leave it out to have one made.',
  })
}

/** A signing secret of 32 random bytes. */
export function createWebhookSecret(bytes: Uint8Array): string {
  return `${prefix}${Buffer.from(bytes).toString('base64')}`
}

/**
 * The three headers of a signed webhook (Standard Webhooks 1.0): one `v1` signature per secret, parted by a blank, over
 * `id.timestamp.body`. `at` is the moment of this try; the id stays over all of them.
 */
export function signWebhook(
  {
    id,
    body,
    secrets,
  }: { readonly id: string; readonly body: string; readonly secrets: readonly string[] },
  at: Date,
): Record<'webhook-id' | 'webhook-timestamp' | 'webhook-signature', string> {
  const timestamp = String(Math.floor(at.getTime() / 1000))
  const signatures = secrets.map((secret) => {
    const hmac = createHmac('sha256', parseWebhookSecret(secret))
    return `v1,${hmac.update(`${id}.${timestamp}.${body}`).digest('base64')}`
  })
  return {
    'webhook-id': id,
    'webhook-timestamp': timestamp,
    'webhook-signature': signatures.join(' '),
  }
}
