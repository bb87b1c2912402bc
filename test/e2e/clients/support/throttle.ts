import { once } from 'node:events'
import { createConnection, createServer } from 'node:net'
import type { AddressInfo, Socket } from 'node:net'
import { Transform } from 'node:stream'
import { setTimeout as sleep } from 'node:timers/promises'

/** A slow line to the server, for clients that cannot be told to send slowly. */
export interface SlowLine {
  readonly port: number
  close(): Promise<void>
}

/** Listens on a free port and passes at most so many bytes a second on to the server. */
export async function createSlowLine(port: number, bytesPerSecond: number): Promise<SlowLine> {
  const sockets = new Set<Socket>()
  const server = createServer({ noDelay: true }, (client) => {
    const upstream = createConnection({ host: '127.0.0.1', port, noDelay: true })
    const slow = new Transform({
      highWaterMark: 16_384,
      transform(chunk: Buffer, _encoding, done) {
        void sleep((chunk.length / bytesPerSecond) * 1000).then(() => done(null, chunk))
      },
    })
    for (const socket of [client, upstream]) {
      sockets.add(socket)
      // A client that is killed resets its connection; that is the case under test.
      socket.on('error', () => undefined)
      socket.on('close', () => {
        sockets.delete(socket)
        client.destroy()
        upstream.destroy()
      })
    }
    client.pipe(slow).pipe(upstream)
    upstream.pipe(client)
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return {
    port: (server.address() as AddressInfo).port,
    async close() {
      for (const socket of sockets) socket.destroy()
      server.close()
      await once(server, 'close')
    },
  }
}
