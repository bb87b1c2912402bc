import assert from 'node:assert/strict'
import { connect } from 'node:net'
import type { Socket } from 'node:net'
import type ssh2 from 'ssh2'
import { clearBans, listKnownSources } from '../../src/sftp/index.ts'
import type { SftpServer } from '../../src/sftp/index.ts'
import {
  connectClient,
  createClientKey,
  openRawSftp,
  runSftp,
  until,
} from '../support/ssh-session.ts'
import type { Target } from '../support/ssh-session.ts'
import { proxyV1, proxyV2 } from './proxy-headers.ts'
import { useHouse } from './sftp-house.ts'

const isLong = process.env['TEST_SIZE'] === 'long'

/** A TCP connection from one of the many addresses of this machine. */
interface Visit {
  readonly socket: Socket
  readonly received: () => string
  /** Settles when the server has ended it. */
  readonly closed: Promise<void>
}

function visit(port: number, localAddress: string, ...bytes: (string | Buffer)[]): Visit {
  const socket = connect({ port, host: '127.0.0.1', localAddress })
  let text = ''
  socket.setNoDelay(true)
  socket.on('data', (chunk) => (text += chunk.toString('latin1')))
  socket.on('error', () => undefined)
  const closed = new Promise<void>((resolve) => socket.once('close', () => resolve()))
  for (const part of bytes) socket.write(part)
  return { socket, received: () => text, closed }
}

/** Signs in from an address; gives the milliseconds it took. */
async function signIn(target: Target, localAddress: string): Promise<number> {
  const from = performance.now()
  const client = await connectClient(target, { localAddress, readyTimeout: 5000 })
  const taken = performance.now() - from
  client.end()
  return taken
}

/** Tries keys that do not fit, one connection each. */
async function fail(target: Target, localAddress: string, times: number): Promise<void> {
  for (let index = 0; index < times; index++) {
    await connectClient(target, { localAddress, readyTimeout: 5000 }).catch(() => undefined)
  }
}

describe('gate', function () {
  this.timeout(60_000)
  const house = useHouse({ sftp: { neverBan: [] } })
  let stranger: Target

  before(async () => {
    stranger = { ...house.target, key: await createClientKey(house.folder, 'stranger') }
  })

  const running: SftpServer[] = []
  async function start(...given: Parameters<typeof house.startServer>) {
    const started = await house.startServer(...given)
    running.push(started.server)
    return started
  }

  // A server that is still running would write its bans again.
  afterEach(async () => {
    await Promise.all(running.splice(0).map((server) => server.stop(0)))
    await clearBans(house.db, undefined, 'test')
  })

  const refusals = (server: SftpServer) => server.figures().refusedConnectionsTotal

  describe('allow and deny lists', () => {
    it('let in who is allowed, turn away who is denied, and denied wins', async () => {
      const { server, target } = await start({
        allowFrom: ['127.0.0.0/28'],
        denyFrom: ['127.0.0.5'],
      })
      await signIn(target, '127.0.0.4')
      for (const address of ['127.0.0.5', '127.0.0.77']) {
        const turned = visit(target.port, address)
        await turned.closed
        assert.match(turned.received(), /^Connections from your address are not allowed\.\r\n$/)
      }
      assert.equal(refusals(server)['denied'], 2)
    })
  })

  describe('before the greeting', () => {
    it('takes a greeting in as many pieces as it likes to come', async () => {
      const { target } = await start()
      const { received, socket } = visit(target.port, '127.0.3.1')
      for (const letter of 'SSH-2.0-slow_1.0\r\n') {
        socket.write(letter)
        await new Promise((resolve) => setTimeout(resolve, 2))
      }
      // The list of algorithms only comes when the greeting was understood.
      await until(() => received().includes('curve25519'), 'the key exchange')
      socket.destroy()
    })

    it('ends who speaks something else at the first bytes, and bans them soon', async () => {
      const { server, target } = await start()
      for (let index = 0; index < 5; index++) {
        const scan = visit(target.port, '127.0.3.2', 'GET / HTTP/1.1\r\nHost: x\r\n\r\n')
        await scan.closed
      }
      const banned = visit(target.port, '127.0.3.2')
      await banned.closed
      assert.match(banned.received(), /^Not allowed at this time/)
      assert.deepEqual([refusals(server)['garbage'], refusals(server)['banned']], [5, 1])
      assert.equal(server.figures().bans, 1)
      await signIn(target, '127.0.3.3')
    })

    it('ends who says nothing, or a byte now and then, when the grace is over', async () => {
      const { server, target } = await start({ loginGraceMs: 1000 })
      const silent = visit(target.port, '127.0.3.4')
      const slow = visit(target.port, '127.0.3.5')
      let sent = 0
      const drip = setInterval(() => slow.socket.write('SSH-2.0-loris'[sent++] ?? 'x'), 120)
      const from = performance.now()
      await Promise.all([silent.closed, slow.closed])
      clearInterval(drip)
      assert.ok(performance.now() - from < 3000)
      assert.equal(refusals(server)['too-slow'], 2)
    })
  })

  describe('caps', () => {
    it('hold the connections of one address that have not signed in', async () => {
      const { server, target } = await start({ maxUnauthenticatedPerAddress: 3 })
      const greeted = Array.from({ length: 3 }, () =>
        visit(target.port, '127.0.4.1', 'SSH-2.0-x\r\n'),
      )
      await until(() => greeted.every(({ received }) => received() !== ''), 'three greetings')
      const further = visit(target.port, '127.0.4.1')
      await further.closed
      assert.match(further.received(), /^Too many connections from your address/)
      assert.equal(refusals(server)['unauthenticated-per-address'], 1)
      await signIn(target, '127.0.4.2')
      greeted.forEach(({ socket }) => socket.destroy())
      await until(() => server.figures().connections === 0, 'all to be gone')
    })

    it('hold the connections of one account, with a sentence that OpenSSH prints', async () => {
      const { server, target } = await start({ maxConnectionsPerAccount: 2 })
      const clients = [await connectClient(target), await connectClient(target)]
      const third = await runSftp(target, ['pwd'])
      assert.equal(third.code, 255)
      assert.match(third.stderr, /This account has as many connections as it may/)
      assert.equal(server.countSessions(), 2)
      clients.pop()?.end()
      await until(() => server.countSessions() === 1, 'a place')
      assert.equal((await runSftp(target, ['pwd'])).code, 0)
      clients.forEach((client) => client.end())
    })

    it('hold the connections in all', async () => {
      const { server, target } = await start({ maxConnections: 2 })
      const clients = [await connectClient(target), await connectClient(target)]
      const third = visit(target.port, '127.0.0.1')
      await third.closed
      assert.match(third.received(), /^The server has as many connections as it may/)
      clients.forEach((client) => client.end())
      await until(() => server.figures().connections === 0, 'room')
      await signIn(target, '127.0.0.1')
    })
  })

  describe('in a flood', () => {
    const count = isLong ? 500 : 120

    async function flood(port: number, address: (index: number) => string): Promise<Visit[]> {
      const all = Array.from({ length: count }, (_, index) => visit(port, address(index)))
      await Promise.all(
        all.map(({ socket, closed }) =>
          Promise.race([closed, new Promise((resolve) => socket.once('connect', resolve))]),
        ),
      )
      return all
    }

    for (const [from, address] of [
      ['one address, the same as the sender', () => '127.0.5.1'],
      ['one address', () => '127.0.5.2'],
      ['many addresses', (index: number) => `127.0.6.${(index % 250) + 1}`],
    ] as const) {
      it(`of silent sockets from ${from}, lets a sender in within 2 s that was here before`, async () => {
        const { server, target } = await start()
        await signIn(target, '127.0.5.1')
        const sockets = await flood(target.port, address)
        assert.ok((await signIn(target, '127.0.5.1')) < 2000)
        assert.ok(server.figures().unauthenticated <= 100)
        sockets.forEach(({ socket }) => socket.destroy())
      })
    }

    it('of silent sockets from the same address, lets a sender in that was never here', async () => {
      const { target } = await start()
      const sockets = await flood(target.port, () => '127.0.5.9')
      assert.ok((await signIn(target, '127.0.5.9')) < 2000)
      sockets.forEach(({ socket }) => socket.destroy())
    })

    it('of connections that greet and then wait, keeps room for a sender that was here before', async () => {
      const { server, target } = await start({ maxUnauthenticated: 20 })
      await signIn(target, '127.0.5.1')
      const sockets = Array.from({ length: count }, (_, index) =>
        visit(target.port, `127.0.7.${(index % 250) + 1}`, 'SSH-2.0-flood\r\n'),
      )
      await until(() => server.figures().unauthenticated >= 10, 'the flood')
      assert.ok((await signIn(target, '127.0.5.1')) < 2000)
      assert.ok(server.figures().unauthenticated <= 15)
      sockets.forEach(({ socket }) => socket.destroy())
    })
  })

  describe('bans', () => {
    it('come after failed sign-ins, are kept over a restart, end by themselves, and can be lifted', async () => {
      const first = await start({ banMinutes: 0.05 })
      const on = (target: Target) => ({ ...stranger, port: target.port })
      await fail(on(first.target), '127.0.8.1', 25)
      assert.equal(first.server.figures().bans, 1)
      await first.server.stop(0)
      const second = await start({ banMinutes: 0.05 })
      assert.equal(second.server.figures().bans, 1)
      await assert.rejects(signIn(second.target, '127.0.8.1'))
      const [ban] = await listKnownSources(house.db)
      assert.deepEqual([ban?.network, ban?.bans, ban?.lastReason], ['127.0.8.1', 1, 'sign-in'])
      await until(() => second.server.figures().bans === 0, 'the end of the ban')
      await signIn(second.target, '127.0.8.1')
    })

    it('are lifted on running servers when a person clears them', async () => {
      const { server, target } = await start()
      for (let index = 0; index < 5; index++) await visit(target.port, '127.0.8.2', 'xx').closed
      assert.equal(server.figures().bans, 1)
      await until(async () => (await listKnownSources(house.db)).length > 0, 'the row')
      assert.deepEqual(await clearBans(house.db, '127.0.8.2', 'test'), ['127.0.8.2'])
      await until(() => server.figures().bans === 0, 'the server to follow')
      await signIn(target, '127.0.8.2')
      await assert.rejects(clearBans(house.db, '192.0.2.200', 'test'), {
        code: 'ADDRESS_NOT_FOUND',
      })
    })

    it('are shared by the servers of one database', async () => {
      const one = await start()
      const other = await start()
      for (let index = 0; index < 5; index++) await visit(one.target.port, '127.0.8.3', 'xx').closed
      await until(() => other.server.figures().bans === 1, 'the other server to hear of it')
    })

    it('never meet an address that has signed in well, also after a restart, nor those of neverBan', async () => {
      const first = await start()
      await signIn(first.target, '127.0.8.4')
      await first.server.stop(0)
      const { server, target } = await start({ neverBan: ['127.0.8.6'] })
      for (let index = 0; index < 8; index++) {
        await visit(target.port, '127.0.8.4', 'xx').closed
        await visit(target.port, '127.0.8.6', 'xx').closed
      }
      assert.equal(server.figures().bans, 0)
      await signIn(target, '127.0.8.6')
      const slowed = await signIn(target, '127.0.8.4')
      assert.ok(slowed >= 500 && slowed < 2000, `${slowed} ms`)
    })
  })

  describe('behind a load balancer', () => {
    async function startBehind() {
      const started = await start({
        moreListeners: ['127.0.0.1:0=default+proxy'],
        proxyFrom: ['127.0.9.1'],
        denyFrom: ['203.0.113.66'],
      })
      const port = started.server.ports()[1]!
      return { ...started, port }
    }

    function connectThrough(
      port: number,
      header: Buffer,
      from = '127.0.9.1',
    ): Promise<ssh2.Client> {
      const sock = connect({ port, host: '127.0.0.1', localAddress: from })
      sock.write(header)
      return connectClient({ ...house.target, port }, { sock, readyTimeout: 5000 })
    }

    for (const [name, header, address] of [
      ['version 1', proxyV1('TCP4', '203.0.113.9', 4711), '203.0.113.9'],
      ['version 2', proxyV2({ address: '203.0.113.10', port: 4711 }), '203.0.113.10'],
      [
        'version 2 with extras, IPv6',
        proxyV2({ address: '2001:db8::7', port: 4711, extras: Buffer.alloc(90) }),
        '2001:db8::7',
      ],
    ] as const) {
      it(`takes the sender's address from the header: ${name}`, async () => {
        const { port } = await startBehind()
        const from = house.log.length
        const client = await connectThrough(port, header)
        const sftp = await openRawSftp(client)
        await sftp.end()
        const opened = house.log.slice(from).find(({ message }) => message === 'Session opened')
        assert.equal(opened?.['remoteAddress'], address)
      })
    }

    it('judges networks of keys and lists by that address', async () => {
      const { port, server } = await startBehind()
      const key = await createClientKey(house.folder, 'from-one')
      const { publicKey } = key
      const fromNetworks = ['203.0.113.9']
      await house.agencies.addKey('acme', { publicKey, fromNetworks }, 'test')
      const signInAs = async (address: string) => {
        const sock = connect({ port, host: '127.0.0.1', localAddress: '127.0.9.1' })
        sock.write(proxyV1('TCP4', address, 4712))
        const client = await connectClient({ ...house.target, port, key }, { sock })
        client.end()
      }
      await signInAs('203.0.113.9')
      await assert.rejects(signInAs('203.0.113.8'))
      await assert.rejects(signInAs('203.0.113.66'))
      assert.equal(refusals(server)['denied'], 1)
    })

    it('bans that address and not the balancer', async () => {
      const { port, server } = await startBehind()
      for (let index = 0; index < 5; index++) {
        const header = proxyV1('TCP4', '203.0.113.50', 5000 + index)
        await visit(port, '127.0.9.1', header, 'GET / HTTP/1.0\r\n').closed
      }
      assert.equal(server.figures().bans, 1)
      await assert.rejects(connectThrough(port, proxyV1('TCP4', '203.0.113.50', 6000)))
      const client = await connectThrough(port, proxyV1('TCP4', '203.0.113.51', 6000))
      client.end()
    })

    it('answers the health check of the balancer, and never bans it for saying nothing', async () => {
      const { port, server } = await startBehind()
      const local = proxyV2({ address: '203.0.113.9', port: 1, command: 0x20 })
      const check = visit(port, '127.0.9.1', local)
      await until(() => check.received().startsWith('SSH-2.0-'), 'the greeting')
      check.socket.destroy()
      for (let index = 0; index < 100; index++) {
        const silent = visit(port, '127.0.9.1', local)
        await until(() => silent.received() !== '', 'the greeting')
        silent.socket.destroy()
      }
      assert.equal(server.figures().bans, 0)
    })

    it('drops a balancer without a header, with a broken one, and a header from anybody else', async () => {
      const { port, target } = await startBehind()
      const from = house.log.length
      await visit(port, '127.0.9.1', 'SSH-2.0-x\r\n').closed
      await visit(port, '127.0.9.1', 'PROXY TCP4 nonsense\r\n').closed
      await visit(port, '127.0.9.2', proxyV1('TCP4', '203.0.113.9', 1)).closed
      await visit(target.port, '127.0.9.1', proxyV2({ address: '203.0.113.9', port: 1 })).closed
      const lines = house.log.slice(from)
      const count = (message: string, fields: object) =>
        lines.filter(
          (line) =>
            line.message === message &&
            Object.entries(fields).every(([field, value]) => line[field] === value),
        ).length
      assert.equal(count('Connection dropped: PROXY header missing or malformed', {}), 2)
      const believed = { reason: 'proxy-header' }
      assert.equal(count('Connection ended before a sign-in', believed), 2)
      assert.equal(lines.filter((line) => line['remoteAddress'] === '203.0.113.9').length, 0)
      // Without a header, anybody else is served as who they are.
      await signIn({ ...target, port }, '127.0.9.3')
    })
  })

  it('survives connections that are reset at any moment', async () => {
    const { server, target } = await start({ neverBan: ['127.0.0.0/8'] })
    for (let index = 0; index < 150; index++) {
      const bytes = 'SSH-2.0-x\r\n'.slice(0, index % 12)
      const { socket } = visit(
        target.port,
        '127.0.10.1',
        bytes,
        index % 3 === 0 ? '\x00\x00\x01' : '',
      )
      socket.once('connect', () => setTimeout(() => socket.resetAndDestroy(), index % 7))
    }
    await until(() => server.figures().connectionsTotal >= 100, 'the connections')
    await until(() => server.figures().connections === 0, 'all to be gone')
    await signIn(target, '127.0.10.2')
  })
})
