import { once } from 'node:events'
import { createServer } from 'node:net'
import type { AddressInfo, Socket } from 'node:net'
import { toError, UnavailableError } from '../errors/index.ts'
import type { Logger } from '../log/index.ts'
import type { Arrival, Gate } from './gate.ts'
import { proxyHeaderMs } from './limits.ts'
import type { NetworkList } from './network-list.ts'
import { toPlainAddress } from './networks.ts'
import { readProxyHeader } from './read-proxy-header.ts'
import { createSampledLog } from './sampled-log.ts'

export interface ListenerParts {
  readonly host: string
  readonly port: number
  /** Networks whose PROXY header is believed, and demanded; undefined for a listener that is reached directly. */
  readonly balancers: NetworkList | undefined
  readonly gate: Gate
  readonly log: Logger
  /** Called for each connection that the gate has let in. */
  readonly onArrival: (arrival: Arrival) => void
}

export interface Listener {
  /** @throws UnavailableError PORT_TAKEN */
  start(): Promise<number>
  /** Takes no new connections. */
  close(): void
  /** The connection that comes from there, as the socket says it. */
  find(address: string, port: number): Arrival | undefined
}

function nameOf(address: string | undefined, port: number | undefined): string {
  return `${address ?? ''} ${port ?? 0}`
}

/**
 * Takes TCP connections, finds out where they really come from, and hands them to the gate.
 *
 * Without `noDelay` each sign-in takes 120 ms more: Nagle's algorithm waits for delayed acknowledgements.
 */
export function createListener(parts: ListenerParts): Listener {
  const { host, port, balancers, gate, log, onArrival } = parts
  const arrivals = new Map<string, Arrival>()
  const undeclared = new Set<Socket>()
  const note = createSampledLog(log, Date.now)

  function serve(arrival: Arrival): void {
    const { socket } = arrival
    const name = nameOf(socket.remoteAddress, socket.remotePort)
    if (arrivals.has(name)) {
      // Only two load balancers can bring that about; ssh2 tells connections apart by nothing else.
      note('Connection refused', { reason: 'address-twice', remoteAddress: arrival.address })
      socket.destroy()
      return
    }
    arrivals.set(name, arrival)
    socket.once('close', () => arrivals.delete(name))
    onArrival(arrival)
  }

  function enter(socket: Socket): void {
    gate.receive(socket, toPlainAddress(socket.remoteAddress ?? ''), serve)
  }

  function awaitHeader(socket: Socket): void {
    const balancer = socket.remoteAddress
    const drop = (why: string): void => {
      note('Connection dropped: PROXY header missing or malformed', { why, balancer })
      socket.destroy()
    }
    const timer = setTimeout(() => drop('it did not come in time'), proxyHeaderMs)
    undeclared.add(socket)
    socket.once('close', () => {
      clearTimeout(timer)
      undeclared.delete(socket)
    })
    readProxyHeader(socket, {
      onRead() {
        clearTimeout(timer)
        undeclared.delete(socket)
        enter(socket)
      },
      onFault: drop,
    })
  }

  function receive(socket: Socket): void {
    // First of all: a socket that fails without a listener ends the process.
    socket.on('error', (err) => log.debug('Connection failed', { err }))
    if (balancers?.contains(socket.remoteAddress ?? '') === true) awaitHeader(socket)
    else enter(socket)
  }

  const server = createServer({ noDelay: true }, receive)
  server.on('error', (err) => log.error('SFTP listener failed', { err }))

  return {
    async start() {
      server.listen(port, host)
      try {
        await once(server, 'listening')
      } catch (thrown) {
        throw new UnavailableError(
          'PORT_TAKEN',
          `The SFTP server cannot listen on ${host}:${port}.`,
          {
            hint: 'Stop the program that has the port, or choose another with DOCKETDROP_SFTP_PORT.',
            context: { errno: (toError(thrown) as NodeJS.ErrnoException).code },
            cause: thrown,
          },
        )
      }
      return (server.address() as AddressInfo).port
    },
    close() {
      server.close()
      for (const socket of undeclared) socket.destroy()
    },
    find: (address, remotePort) => arrivals.get(nameOf(address, remotePort)),
  }
}
