import assert from 'node:assert/strict'
import { connect } from 'node:net'
import { createKey, createTestHome, sftp } from '../support/serve.ts'
import type { Served, TestHome } from '../support/serve.ts'

const until = async (check: () => boolean | Promise<boolean>, what: string): Promise<void> => {
  const deadline = performance.now() + 10_000
  while (!(await check())) {
    assert.ok(performance.now() < deadline, `waited in vain: ${what}`)
    await new Promise((resolve) => setTimeout(resolve, 50))
  }
}

/** Connects from an address of its own and says something that is not SSH; gives what the server says. */
function scan(port: number, localAddress: string): Promise<string> {
  const socket = connect({ port, host: '127.0.0.1', localAddress })
  let said = ''
  socket.on('data', (chunk) => (said += chunk.toString('latin1')))
  socket.on('error', () => undefined)
  socket.write('GET / HTTP/1.1\r\n\r\n')
  return new Promise((resolve) => socket.once('close', () => resolve(said)))
}

describe('bans and maintenance from the command line', function () {
  this.timeout(180_000)
  let home: TestHome
  let served: Served
  let key: string

  before(async () => {
    home = createTestHome({
      DOCKETDROP_SFTP_MORE_LISTENERS: '127.0.0.1:0=strict,127.0.0.1:0=default+proxy',
      DOCKETDROP_SFTP_PROXY_FROM: '127.0.9.1',
    })
    served = await home.serve()
    key = createKey(home)
    home.cli('agency', 'add', 'travis', '--name', 'Travis', '--time-zone', 'America/Chicago')
    home.cli('key', 'add', 'travis', `${key}.pub`)
  })
  after(async () => home.remove())

  it('tells the ports of all listeners when it is ready, the main one first', () => {
    const ready = JSON.parse(served.lines.find((line) => line.includes('"ready"')) ?? '') as {
      sftpPort: number
      sftpPorts: number[]
    }
    assert.equal(ready.sftpPorts.length, 3)
    assert.equal(ready.sftpPorts[0], ready.sftpPort)
    for (const port of ready.sftpPorts.slice(0, 2))
      assert.equal(sftp(port, 'travis', key, 'pwd\n').status, 0)
  })

  it('shows a banned scanner and frees it', async () => {
    for (let index = 0; index < 5; index++) await scan(served.sftpPort, '127.0.7.7')
    assert.match(await scan(served.sftpPort, '127.0.7.7'), /^Not allowed at this time/)
    await until(() => home.cli('bans', 'list').data.length === 1, 'the ban in the list')
    const [ban] = home.cli('bans', 'list').data
    assert.equal(ban.network, '127.0.7.7')
    assert.equal(ban.lastReason, 'garbage')
    assert.ok(Date.parse(String(ban.bannedUntil)) > Date.now())
    assert.match(home.raw(['bans', 'list']).stdout, /127\.0\.7\.7/)
    assert.equal(home.cli('bans', 'clear').code, 2)
    assert.equal(home.cli('bans', 'clear', 'travis').code, 2)
    assert.equal(home.cli('bans', 'clear', '192.0.2.1').code, 4)
    assert.deepEqual(home.cli('bans', 'clear', '127.0.7.7').data, { cleared: ['127.0.7.7'] })
    await until(
      async () => !(await scan(served.sftpPort, '127.0.7.7')).startsWith('Not allowed'),
      'the server to follow',
    )
    assert.deepEqual(home.cli('bans', 'list').data, [])
    const all = home.cli('bans', 'list', '--all').data as { network: string; lastLoginAt: string }[]
    assert.ok(all.find((one) => one.network === '127.0.0.1')?.lastLoginAt)
  })

  it('begins and ends maintenance, and a job reads why its file was not taken', async () => {
    const text = 'Back at 18:00, please send again then.'
    assert.deepEqual(home.cli('maintenance', 'status').data, { on: false })
    const begun = home.cli('maintenance', 'on', '--text', text)
    assert.equal(begun.data.text, text)
    const path = home.write('m.csv', 'a,b\n1,2\n')
    const put = () => sftp(served.sftpPort, 'travis', key, `put ${path}\n`)
    await until(() => put().status !== 0, 'the server to follow')
    const refused = put()
    assert.equal(refused.status, 1)
    assert.ok(refused.stderr.includes(text), refused.stderr)
    assert.equal(home.cli('maintenance', 'status').data.on, true)
    assert.deepEqual(home.cli('maintenance', 'off').data, { on: false, wasOn: true })
    assert.deepEqual(home.cli('maintenance', 'off').data, { on: false, wasOn: false })
    await until(() => put().status === 0, 'the server to follow')
  })

  it('names a listener or a network that cannot be read', () => {
    for (const [variable, value] of [
      ['DOCKETDROP_SFTP_MORE_LISTENERS', '127.0.0.1:22222=antique'],
      ['DOCKETDROP_SFTP_DENY_FROM', '203.0.113.0/99'],
    ] as const) {
      const run = home.raw(['config', 'check'], { [variable]: value })
      assert.equal(run.status, 2)
      assert.ok(run.stderr.includes(`"${value}"`), run.stderr)
    }
  })
})
