import { once } from 'node:events'
import { createServer } from 'node:net'
import type { AddressInfo, Socket } from 'node:net'
import { toError, UnavailableError } from '../errors/index.ts'
import type { Logger } from '../log/index.ts'

export interface ListenerParts {
  readonly host: string
  readonly port: number
  /** Time from the TCP connection to the sign-in, in milliseconds. */
  readonly graceMs: number
  readonly log: Logger
  readonly onSocket: (socket: Socket) => void
}

/** A connection that was taken and may not have said anything yet. */
export interface Arrival {
  readonly socket: Socket
  /** The client has signed in: the grace no longer counts. */
  admit(): void
}

export interface Listener {
  /** @throws UnavailableError PORT_TAKEN */
  start(): Promise<number>
  /** Takes no new connections, and ends those that have not signed in. */
  close(): void
  find(address: string, port: number): Arrival | undefined
}

function nameOf(address: string | undefined, port: number | undefined): string {
  return `${address ?? ''} ${port ?? 0}`
}

/**
 * Takes TCP connections for the SSH server, which has neither a time limit for signing in nor any for sockets that say nothing.
 *
 * Without `noDelay` each sign-in takes 120 ms more: Nagle's algorithm waits for delayed acknowledgements.
 */
export function createListener({ host, port, graceMs, log, onSocket }: ListenerParts): Listener {
  const arrivals = new Map<string, Arrival & { isAdmitted: boolean }>()

  function receive(socket: Socket): void {
    const name = nameOf(socket.remoteAddress, socket.remotePort)
    const grace = setTimeout(() => {
      log.info('Connection ended: no sign-in in time', { remoteAddress: socket.remoteAddress })
      socket.destroy()
    }, graceMs)
    const arrival = {
      socket,
      isAdmitted: false,
      admit() {
        arrival.isAdmitted = true
        clearTimeout(grace)
      },
    }
    arrivals.set(name, arrival)
    socket.on('error', (err) => log.debug('Connection failed', { err }))
    socket.once('close', () => {
      clearTimeout(grace)
      if (arrivals.get(name) === arrival) arrivals.delete(name)
    })
    onSocket(socket)
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
      for (const { socket, isAdmitted } of arrivals.values()) if (!isAdmitted) socket.destroy()
    },
    find: (address, remotePort) => arrivals.get(nameOf(address, remotePort)),
  }
}
