/** Where a message goes. */
export interface Destination {
  /** An e-mail address, or the URL of a webhook. */
  readonly address: string
  /** Signing secrets of a webhook (`whsec_…`), the newest first; each gives a signature, so that receivers can change over. */
  readonly secrets?: readonly string[]
}

/** One message to one place, in the form that its channel carries. */
export interface OutgoingMessage {
  /** Letters, digits, `-` and `_`; equal over all attempts, so that a receiver can tell a repetition. */
  readonly id: string
  readonly to: Destination
  /** For e-mail. */
  readonly subject: string
  /** Plain text of an e-mail; the JSON body of a webhook. */
  readonly body: string
}

/** What kept a message from being accepted; who must act differs. */
export type SendFaultCode =
  /** The operator has not set the channel up. */
  | 'NOT_SET_UP'
  /** The address is none, or may not be reached by the operator's rules. */
  | 'ADDRESS_INVALID'
  | 'ADDRESS_REFUSED'
  /** Surely not delivered: no connection, no encryption, no sign-in. */
  | 'UNREACHABLE'
  | 'TLS_FAILED'
  | 'SIGN_IN_REFUSED'
  /** The other side does not take mail from our address. */
  | 'SENDER_REFUSED'
  | 'RECIPIENT_REFUSED'
  | 'MESSAGE_REFUSED'
  | 'BUSY'
  | 'SERVER_FAULT'
  | 'REDIRECTED'
  /** The receiver asks never to be called again. */
  | 'GONE'
  /** The message may have arrived; nobody has said so. */
  | 'NO_ANSWER'

/**
 * How a try ended. `accepted`: the other side has taken it. `temporary`: surely not, and a later try may go well. `permanent`: the same
 * message will never be taken. `unknown`: it may have been taken; who tries again may cause a double of the same id.
 */
export type SendAnswer =
  | {
      readonly outcome: 'accepted'
      /** `250 2.0.0` or `HTTP 204`. */
      readonly detail: string
    }
  | {
      readonly outcome: 'temporary' | 'permanent' | 'unknown'
      readonly code: SendFaultCode
      /** Status codes and error names only, never the other side's text, which may name people. */
      readonly detail: string
      /** When the other side wants to be asked again, in milliseconds. */
      readonly retryAfterMs: number | null
      /** True when the next message to the same place would meet the same. */
      readonly isWide: boolean
    }

export type SendFault = Exclude<SendAnswer, { outcome: 'accepted' }>

/** A way to hand a message over. */
export interface Sender {
  /** One try. Never throws: whatever goes wrong is an answer. Calls may overlap. */
  send(message: OutgoingMessage): Promise<SendAnswer>
  /** Closes what is open; a try in hand ends first, or ends as `unknown`. Idempotent. */
  close(): Promise<void>
}
