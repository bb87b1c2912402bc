import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { statSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { ecrFile, ecrRow, ecrTemplate } from '../support/ecr.ts'
import { createKey, createTestHome, sftp, sshOptions } from '../support/serve.ts'
import type { Served, TestHome } from '../support/serve.ts'

async function until<Value>(
  what: string,
  look: () => Value | undefined,
  timeoutMs = 30_000,
): Promise<Value> {
  const deadline = performance.now() + timeoutMs
  for (;;) {
    const found = look()
    if (found !== undefined) return found
    if (performance.now() > deadline) throw new Error(`waited in vain for ${what}`)
    await sleep(20)
  }
}

/** OpenSSH's sftp ends an interrupted put with a clean CLOSE: nothing in the protocol says that the file is not whole. */
describe('a put that is stopped half way', function () {
  this.timeout(180_000)
  let home: TestHome
  let served: Served
  let key: string
  const whole = ecrFile(Array.from({ length: 6000 }, (_, index) => ecrRow(index)))

  before(async () => {
    home = createTestHome()
    served = await home.serve()
    key = createKey(home)
    home.cli('agency', 'add', 'travis', '--name', 'Travis', '--time-zone', 'America/Chicago')
    home.cli('key', 'add', 'travis', `${key}.pub`)
    home.cli('template', 'import', 'travis', home.write('t.yaml', ecrTemplate))
  })
  after(async () => home.remove())

  /** Puts the file slowly and sends the client a signal once a part of it has arrived. */
  async function putAndStop(name: string, signal: NodeJS.Signals): Promise<void> {
    const path = home.write(name, whole)
    const client = spawn(
      'sftp',
      ['-q', '-l', '2000', ...sshOptions(key), '-P', String(served.sftpPort), 'travis@127.0.0.1'],
      { stdio: ['pipe', 'ignore', 'ignore'] },
    )
    const ended = once(client, 'exit')
    client.stdin.write(`put ${path}\n`)
    const target = join(home.home, 'agencies/travis/inbox', name)
    const sizeOf = () => {
      const size = statSync(target, { throwIfNoEntry: false })?.size ?? 0
      return size > 60_000 ? size : undefined
    }
    await until('the first bytes', sizeOf)
    client.kill(signal)
    if (signal === 'SIGINT') client.stdin.end('bye\n')
    await ended
  }

  for (const signal of ['SIGINT', 'SIGKILL'] as const) {
    it(`is not imported after ${signal}, and is visible as held or partial with a reason`, async () => {
      const name = `stopped-${signal.toLowerCase()}.csv`
      await putAndStop(name, signal)
      const answer = home.cli('uploads', 'wait', 'travis', '--file', name, '--timeout', 60)
      assert.equal(answer.code, 6)
      const upload = answer.data[0] as { state: string; reason: string; bytes: number }
      assert.ok(['held', 'partial'].includes(upload.state), JSON.stringify(upload))
      assert.ok(['TRUNCATED_SUSPECTED', 'CONNECTION_LOST'].includes(upload.reason), upload.reason)
      assert.ok(upload.bytes < whole.length)
      assert.deepEqual(home.records('travis', 'clients'), [])
    })
  }

  it('is imported once when the whole file follows under the same name', () => {
    const put = sftp(
      served.sftpPort,
      'travis',
      key,
      `put ${join(home.root, 'stopped-sigint.csv')}\n`,
    )
    assert.equal(put.status, 0, put.stderr)
    const answer = home.cli(
      'uploads',
      'wait',
      'travis',
      '--file',
      'stopped-sigint.csv',
      '--timeout',
      60,
    )
    assert.equal(answer.data[0].state, 'imported', JSON.stringify(answer))
    assert.equal(home.records('travis', 'clients').length, 6000)
    const states = (
      home.cli('uploads', 'list', 'travis', '--file', 'stopped-sigint.csv').data as {
        state: string
      }[]
    ).map(({ state }) => state)
    assert.deepEqual(states, ['imported', 'superseded'])
  })

  it('is resumed where it stopped, and then imported', () => {
    const put = sftp(
      served.sftpPort,
      'travis',
      key,
      `put -a ${join(home.root, 'stopped-sigkill.csv')}\n`,
    )
    assert.equal(put.status, 0, put.stderr)
    const answer = home.cli(
      'uploads',
      'wait',
      'travis',
      '--file',
      'stopped-sigkill.csv',
      '--timeout',
      60,
    )
    assert.ok(
      ['imported', 'duplicate'].includes(answer.data[0].state as string),
      JSON.stringify(answer),
    )
    assert.equal(home.records('travis', 'clients').length, 6000)
  })
})
