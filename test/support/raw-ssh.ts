import { once } from 'node:events'
import ssh2 from 'ssh2'
import type { ConnectConfig } from 'ssh2'
import { sendMessage } from '../../src/sftp/send-message.ts'
import type { MessageField } from '../../src/sftp/send-message.ts'
import type { Transport } from '../../src/sftp/ssh2-internals.ts'
import type { Target } from './ssh-session.ts'
import { awaitClose, until } from './ssh-session.ts'

/** A message that the server has sent, behind the first key exchange. */
export interface Heard {
  readonly type: number
  readonly body: Buffer
}

/** An SSH client that says what it is told. */
export interface RawSsh {
  readonly client: ssh2.Client
  readonly transport: Transport
  readonly heard: readonly Heard[]
  send(type: number, ...fields: readonly MessageField[]): void
  /** The next message of one of these types that was not taken yet; others are passed over. */
  next(...types: readonly number[]): Promise<Heard>
  end(): Promise<void>
}

/** A client behind the key exchange; with `isSignedIn` false it has not asked for anything yet but the sign-in service. */
export async function connectRaw(
  { port, account, key }: Target,
  { isSignedIn = true, ...options }: ConnectConfig & { isSignedIn?: boolean } = {},
): Promise<RawSsh> {
  const client = new ssh2.Client()
  let isClosed = false
  client.on('error', () => undefined)
  client.once('close', () => (isClosed = true))
  const heard: Heard[] = []
  let taken = 0
  let asksFor: (() => void) | undefined
  client.connect({
    host: '127.0.0.1',
    port,
    username: account,
    ...(isSignedIn ? { privateKey: key.privateKey } : { authHandler: () => asksFor?.() }),
    ...options,
  })
  const { _protocol: transport } = client as unknown as { _protocol: Transport }
  const take = transport._onPayload
  transport._onPayload = (payload) => {
    heard.push({ type: payload[0] ?? -1, body: Buffer.from(payload.subarray(1)) })
    // ssh2's client would stumble over answers to what it did not ask.
    if (!isSignedIn && (payload[0] === 51 || payload[0] === 60)) return undefined
    return take(payload)
  }
  client.setNoDelay(true)
  if (isSignedIn) await once(client, 'ready')
  else await new Promise<void>((resolve) => (asksFor = resolve))
  return {
    client,
    transport,
    heard,
    send: (type, ...more) => sendMessage(transport, type, ...more),
    next: (...types) =>
      until(
        () => {
          while (taken < heard.length) {
            const message = heard[taken++]
            if (message !== undefined && types.includes(message.type)) return message
          }
          return undefined
        },
        `a message of the type ${types.join(' or ')}`,
      ),
    async end() {
      if (isClosed) return
      const closed = awaitClose(client)
      client.destroy()
      await closed
    },
  }
}
