import { createTransport } from 'nodemailer'
import { createFault } from './fault.ts'
import { toSmtpFault } from './smtp-fault.ts'
import type { Sender } from './types.ts'

/** Settings of the mail server; the names are those of the configuration (`smtp.…`). */
export interface SmtpSettings {
  readonly host?: string | undefined
  readonly port: number
  readonly secure: 'starttls' | 'tls' | 'none'
  readonly user?: string | undefined
  readonly password?: string | undefined
  readonly from?: string | undefined
}

/** Patience with the server, in milliseconds; `total` covers one message from the queue to its answer. */
export interface SmtpPatience {
  readonly connect: number
  readonly silence: number
  readonly total: number
}

const usualPatience: SmtpPatience = { connect: 15_000, silence: 60_000, total: 90_000 }

/** A name of the mail that is the same for every try (RFC 5322 §3.6.4). */
function toMessageId(id: string, from: string): string {
  return `<${id}@${from.slice(from.lastIndexOf('@') + 1)}>`
}

/**
 * Hands mail to one server, over a few connections that are kept. Nothing is dialled before the first message; without
 * `host` every message is answered with NOT_SET_UP. The library's own repetitions are off: repeating is the caller's.
 */
export function createSmtpSender(
  { host, port, secure, user, password, from }: SmtpSettings,
  patience: SmtpPatience = usualPatience,
): Sender {
  if (host === undefined || from === undefined) {
    const answer = createFault('temporary', 'NOT_SET_UP', 'smtp.host', { isWide: true })
    return { send: () => Promise.resolve(answer), close: () => Promise.resolve() }
  }
  const transport = createTransport({
    pool: true,
    host,
    port,
    secure: secure === 'tls',
    requireTLS: secure === 'starttls',
    ignoreTLS: secure === 'none',
    ...(user === undefined ? {} : { auth: { user, pass: password ?? '' } }),
    maxConnections: 3,
    maxRequeues: 0,
    connectionTimeout: patience.connect,
    greetingTimeout: patience.connect,
    socketTimeout: patience.silence,
    disableFileAccess: true,
    disableUrlAccess: true,
  })
  return {
    async send({ id, to, subject, body }) {
      try {
        const { response } = await transport.sendMail({
          from,
          to: { name: '', address: to.address },
          subject,
          text: body,
          messageId: toMessageId(id, from),
          // So that out-of-office replies stay away (RFC 3834 §5).
          headers: { 'Auto-Submitted': 'auto-generated' },
          signal: AbortSignal.timeout(patience.total),
        })
        return { outcome: 'accepted', detail: /^\d{3}( \d\.\d+\.\d+)?/.exec(response)?.[0] ?? '' }
      } catch (error) {
        return toSmtpFault(error)
      }
    },
    close() {
      transport.close()
      return Promise.resolve()
    },
  }
}
