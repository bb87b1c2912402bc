import type { Socket } from 'node:net'
import type { Connection, ServerChannel } from 'ssh2'
import type { Logger } from '../log/index.ts'
import { openConnection } from './ssh2-internals.ts'

export interface RekeyParts {
  readonly client: Connection
  readonly socket: Socket
  /** New keys after so many bytes in both directions. */
  readonly bytes: number
  /** New keys after this time, in milliseconds. */
  readonly everyMs: number
  /** Time in which a client has to answer, in milliseconds. */
  readonly answerMs: number
  readonly log: Logger
}

/**
 * Renews the keys of a connection after so many bytes or so much time (RFC 4253 §9), whoever began the exchange before; never during another exchange.
 *
 * ssh2's server never begins one by itself. A client that does not answer is cut off: what is sent to it would wait in memory. Call it when the client has signed in.
 */
export function watchRekey(parts: RekeyParts): void {
  const { client, socket, log } = parts
  const { _protocol: transport } = openConnection(client)
  const count = (): number => socket.bytesRead + socket.bytesWritten
  let since = count()
  let answer: NodeJS.Timeout | undefined

  function begin(): void {
    if (transport._kexinit !== undefined || answer !== undefined) return
    log.debug('Keys are renewed', { bytes: count() - since })
    answer = setTimeout(() => {
      log.warn('Connection ended: the client does not renew its keys')
      socket.destroy()
    }, parts.answerMs)
    transport.rekey()
  }

  const clock = setInterval(begin, parts.everyMs)
  const look = (): void => {
    if (count() - since >= parts.bytes) begin()
  }

  // Downloads show here too: the client's requests for more arrive as data.
  socket.on('data', look)
  client.on('rekey', () => {
    clearTimeout(answer)
    answer = undefined
    since = count()
    clock.refresh()
  })
  client.once('close', () => {
    socket.off('data', look)
    clearInterval(clock)
    clearTimeout(answer)
  })
}

/**
 * Holds back what is written to a channel while keys are exchanged: ssh2 keeps it in a list without an end, where its stream would tell
 * the writer to wait.
 */
export function holdWritesDuringRekey(client: Connection, channel: ServerChannel): void {
  const { _protocol: transport } = openConnection(client)
  const write = channel._write.bind(channel)
  // One for each channel, and more.
  client.setMaxListeners(64)
  channel._write = (data, encoding, done) => {
    if (transport._kexinit === undefined) write(data, encoding, done)
    else client.once('rekey', () => write(data, encoding, done))
  }
}
