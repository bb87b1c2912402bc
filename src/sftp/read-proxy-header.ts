import type { Socket } from 'node:net'
import { holdStart } from './hold-start.ts'
import { parseProxyHeader } from './proxy-protocol.ts'
import type { ProxyHeader } from './proxy-protocol.ts'

export interface ProxyHeaderHandlers {
  /** The header is read and the socket speaks for whom it names; undefined: the balancer itself. */
  readonly onRead: () => void
  /** There is no header, or none that can be read. */
  readonly onFault: (why: string) => void
}

/** Makes the socket say that it comes from there: ssh2, networks of keys, bans and logs all ask the socket. */
function speakFor(socket: Socket, source: { address: string; port: number }): void {
  Object.defineProperties(socket, {
    remoteAddress: { value: source.address },
    remotePort: { value: source.port },
    remoteFamily: { value: source.address.includes(':') ? 'IPv6' : 'IPv4' },
  })
}

/** Reads the PROXY header at the start of a connection, in however many pieces it comes; what follows it goes on to the reader. */
export function readProxyHeader(socket: Socket, { onRead, onFault }: ProxyHeaderHandlers): void {
  let header: ProxyHeader = { kind: 'incomplete' }
  holdStart(socket, {
    look(bytes) {
      header = parseProxyHeader(bytes)
      if (header.kind === 'malformed') onFault(header.why)
      return header.kind === 'complete' ? header.length : undefined
    },
    onDone() {
      if (header.kind === 'complete' && header.source !== undefined) speakFor(socket, header.source)
      onRead()
    },
    onEnd: () => onFault('the connection ended'),
  })
}
