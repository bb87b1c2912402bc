import { createFault } from './fault.ts'
import type { SendFault } from './types.ts'

/** What nodemailer tells of a failure; see its `errors.js` and `smtp-connection`. */
interface MailError {
  readonly code?: unknown
  /** The system's own code behind ESOCKET and the like. */
  readonly originalCode?: unknown
  readonly timeoutType?: unknown
  readonly command?: unknown
  readonly response?: unknown
  readonly responseCode?: unknown
  readonly message?: unknown
}

const wide = { isWide: true }

/** `550 5.1.1`: the codes of RFC 5321 §4.2 and RFC 3463, without the words, which often repeat the address. */
function toCodes(response: unknown): string | undefined {
  if (typeof response !== 'string') return undefined
  const [, reply, enhanced] = /^(\d{3})[ -](?:(\d\.\d{1,3}\.\d{1,3})\b)?/.exec(response) ?? []
  return reply === undefined ? undefined : [reply, enhanced].filter(Boolean).join(' ')
}

const neverConnected = new Set([
  'ECONNREFUSED',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'ENOTFOUND',
  'EAI_AGAIN',
])

const certificate = /certificate|altnames|self.signed|unable to (get|verify)/i

/** True when the failure came before a mail could have been handed over. */
function isBeforeMail({ code, originalCode, timeoutType, command }: MailError): boolean {
  if (code === 'EDNS' || (typeof originalCode === 'string' && neverConnected.has(originalCode)))
    return true
  if (typeof timeoutType === 'string' && timeoutType !== 'SOCKET_TIMEOUT') return true
  return typeof command === 'string' && /^(EHLO|HELO|LHLO|STARTTLS|AUTH|API)/.test(command)
}

/** An answer of the server decides (RFC 5321 §4.2.1): 4yz asks for another try, 5yz refuses for good. */
function fromReply(reply: number, command: string, detail: string): SendFault {
  const isLater = reply < 500
  if (command.startsWith('AUTH')) return createFault('temporary', 'SIGN_IN_REFUSED', detail, wide)
  if (reply === 421 || command === 'CONN') return createFault('temporary', 'BUSY', detail, wide)
  if (command === 'MAIL FROM' && reply === 530)
    return createFault('temporary', 'SIGN_IN_REFUSED', detail, wide)
  if (command === 'MAIL FROM')
    // Our own address is at fault, which people can mend: no message should be lost by it.
    return createFault('temporary', isLater ? 'BUSY' : 'SENDER_REFUSED', detail, wide)
  if (command === 'RCPT TO')
    return isLater
      ? createFault('temporary', 'RECIPIENT_REFUSED', detail)
      : createFault('permanent', 'RECIPIENT_REFUSED', detail)
  if (command === 'DATA')
    return isLater
      ? createFault('temporary', 'BUSY', detail)
      : createFault('permanent', 'MESSAGE_REFUSED', detail)
  return createFault('temporary', 'UNREACHABLE', detail, wide)
}

/**
 * The one translation of nodemailer's errors. Whatever is not surely before the hand-over and has no answer of the server is
 * `unknown`: the mail may have been taken.
 */
export function toSmtpFault(thrown: unknown): SendFault {
  const error = (thrown ?? {}) as MailError
  const { code, command, responseCode } = error
  const detail = toCodes(error.response) ?? (typeof code === 'string' ? code : 'no code')
  const text = typeof error.message === 'string' ? error.message : ''
  if (code === 'ETLS' || code === 'EREQUIRETLS' || certificate.test(text))
    return createFault('temporary', 'TLS_FAILED', detail, wide)
  if (typeof responseCode === 'number')
    return fromReply(responseCode, typeof command === 'string' ? command : '', detail)
  if (code === 'EENVELOPE') return createFault('permanent', 'ADDRESS_INVALID', detail)
  if (code === 'EAUTH' || code === 'ENOAUTH' || code === 'EOAUTH2')
    return createFault('temporary', 'SIGN_IN_REFUSED', detail, wide)
  if (code === 'EMESSAGE') return createFault('permanent', 'MESSAGE_REFUSED', detail)
  if (isBeforeMail(error)) return createFault('temporary', 'UNREACHABLE', detail, wide)
  return createFault('unknown', 'NO_ANSWER', detail, wide)
}
