import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { connect as connectTcp, createServer } from 'node:net'
import type { AddressInfo, Socket } from 'node:net'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { loadConfig, packageRoot } from '../../src/config/index.ts'
import { connect } from '../../src/db/index.ts'
import { createGuard } from '../../src/sftp/guard.ts'
import { createTally } from '../../src/sftp/tally.ts'
import { recordLog } from '../support/record-log.ts'
import { until } from '../support/ssh-session.ts'

describe('guard', function () {
  this.timeout(60_000)

  it('lets senders in, and bans, while the database is away, and says so once', async () => {
    const db = connect({
      url: 'postgres://nobody@127.0.0.1:1/none',
      poolMax: 2,
      applicationName: 'test',
    })
    const { log, lines } = recordLog()
    const settings = loadConfig({}, {}).config.sftp
    const guard = createGuard({ settings, db, tally: createTally(), note: () => undefined, log })
    const from = performance.now()
    await guard.start()
    const server = createServer()
    const arrivals: Socket[] = []
    server.on('connection', (socket) => {
      socket.on('error', () => undefined)
      guard.gate.receive(socket, '203.0.113.9', (arrival) => arrivals.push(arrival.socket))
    })
    server.listen(0, '127.0.0.1')
    await once(server, 'listening')
    for (let index = 0; index < 6; index++) {
      const near = connectTcp((server.address() as AddressInfo).port, '127.0.0.1')
      near.on('error', () => undefined)
      near.resume()
      near.write('GET / HTTP/1.1\r\n')
      await once(near, 'close')
    }
    assert.equal(arrivals.length, 5)
    assert.equal(guard.countBans(), 1)
    assert.equal(guard.maintenance(), undefined)
    await until(() => performance.now() - from > 2500, 'two more rounds')
    const told = lines().filter(({ message }) => message.startsWith('Known addresses'))
    assert.equal(told.length, 1)
    await guard.stop()
    server.close()
    await db.destroy()
  })

  it('turns newcomers away before the descriptors are used up, so that files can still be opened', async () => {
    const script = join(packageRoot, 'test/sftp/few-descriptors.ts')
    const child = spawn(
      'sh',
      ['-c', 'ulimit -n 200 && exec "$0" --import tsx "$1"', process.execPath, script],
      {
        cwd: packageRoot,
        stdio: ['ignore', 'pipe', 'inherit'],
      },
    )
    const said: { port?: number; held?: number; canOpenFiles?: boolean }[] = []
    createInterface({ input: child.stdout }).on('line', (line) =>
      said.push(JSON.parse(line) as (typeof said)[number]),
    )
    let sockets: ReturnType<typeof connectTcp>[] = []
    try {
      const port = await until(() => said[0]?.port, 'the port')
      let refused = 0
      sockets = Array.from({ length: 300 }, () => {
        const socket = connectTcp(port, '127.0.0.1')
        socket.on('error', () => undefined)
        socket.on('data', (chunk) => {
          if (String(chunk).startsWith('The server has no room')) refused += 1
        })
        return socket
      })
      await until(() => refused > 50, 'refusals with a reason')
      const full = said.length
      await until(() => said.length > full + 2, 'more reports')
      const last = said.slice(full + 1)
      assert.ok(
        last.every(({ canOpenFiles, held }) => canOpenFiles === true && held! > 20),
        JSON.stringify(last),
      )
      sockets.forEach((socket) => socket.destroy())
      await until(() => said.at(-1)?.held === 0, 'all to be gone')
    } finally {
      sockets.forEach((socket) => socket.destroy())
      child.kill()
      await once(child, 'exit')
    }
  })
})
