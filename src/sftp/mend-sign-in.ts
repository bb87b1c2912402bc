import type { Connection } from 'ssh2'
import { openConnection } from './ssh2-internals.ts'
import type { MessageHandlers } from './ssh2-internals.ts'

/** Sign-in requests that may wait for the answer to the one before. */
const mostWaiting = 10

const protocolError = 2

/** Methods that ssh2 knows; at any other it would cut the connection, where RFC 4252 §5.1 asks for a refusal. */
const knownMethods = ['none', 'publickey', 'password', 'keyboard-interactive', 'hostbased']

/** An empty request of the kind that never opens anything, but counts as a try. */
const hostbased = {
  keyAlgo: '',
  key: Buffer.alloc(0),
  signature: Buffer.alloc(0),
  blob: Buffer.alloc(0),
  localHostname: '',
  localUsername: '',
}

/** The ways in which ssh2 answers a sign-in request. */
const answers = ['authPKOK', 'authFailure', 'authSuccess', 'authInfoReq', 'authPasswdChg'] as const

type Asked = Parameters<MessageHandlers['USERAUTH_REQUEST']>

/**
 * Answers sign-in requests one by one in the order in which they came, refuses methods that do not exist, and ignores what comes
 * behind a success (RFC 4252 §5.1, §5.3).
 *
 * ssh2 1.17 takes the last of several waiting requests first, so that clients which do not wait take an answer for another's; it ends the
 * connection at methods that it does not know, such as gssapi-with-mic, and at requests behind the success. Call it in the `connection` event.
 */
export function mendSignIn(client: Connection): void {
  const connection = openConnection(client)
  const { _protocol: transport } = connection
  const { _handlers: handlers } = transport
  const judge = handlers.USERAUTH_REQUEST
  const waiting: Asked[] = []
  let isAsked = false

  function ask([to, username, service, method, data]: Asked): void {
    isAsked = true
    if (knownMethods.includes(method)) judge(to, username, service, method, data)
    else judge(to, username, service, 'hostbased', hostbased)
  }

  function goOn(): void {
    const next = connection.authenticated ? undefined : waiting.shift()
    if (next === undefined) isAsked = false
    else ask(next)
  }

  for (const name of answers) {
    const answer = transport[name].bind(transport) as (...args: unknown[]) => void
    transport[name] = (...args: unknown[]) => {
      answer(...args)
      queueMicrotask(goOn)
    }
  }

  handlers.USERAUTH_REQUEST = (...asked) => {
    if (connection.authenticated) return
    if (!isAsked) {
      ask(asked)
      return
    }
    if (waiting.push(asked) <= mostWaiting) return
    transport.disconnect(protocolError)
    client.end()
  }
}
