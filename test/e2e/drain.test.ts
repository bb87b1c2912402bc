import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { statSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { ecrFile, ecrRow, ecrTemplate } from '../support/ecr.ts'
import { createKey, createTestHome, sshOptions } from '../support/serve.ts'
import type { TestHome } from '../support/serve.ts'

describe('SIGTERM in the middle of a transfer', function () {
  this.timeout(120_000)
  let home: TestHome
  before(() => (home = createTestHome()))
  after(async () => home.remove())

  it('lets the file arrive and the client end with exit 0, then serve ends with exit 0, and the file is imported later', async () => {
    let served = await home.serve()
    const key = createKey(home)
    home.cli('agency', 'add', 'travis', '--name', 'Travis', '--time-zone', 'America/Chicago')
    home.cli('key', 'add', 'travis', `${key}.pub`)
    home.cli('template', 'import', 'travis', home.write('t.yaml', ecrTemplate))
    for (const round of [0, 1, 2]) {
      const name = `night-${round}.csv`
      const rows = Array.from({ length: 6000 }, (_, index) => ecrRow(round * 6000 + index))
      const path = home.write(name, ecrFile(rows))
      const client = spawn(
        'sftp',
        [
          '-q',
          '-l',
          '4000',
          '-b',
          '-',
          ...sshOptions(key),
          '-P',
          String(served.sftpPort),
          'travis@127.0.0.1',
        ],
        { stdio: ['pipe', 'ignore', 'ignore'] },
      )
      const ended = once(client, 'exit') as Promise<[number | null]>
      client.stdin.end(`put ${path}\n`)
      const target = join(home.home, 'agencies/travis/inbox', name)
      const deadline = performance.now() + 30_000
      while ((statSync(target, { throwIfNoEntry: false })?.size ?? 0) < 60_000) {
        assert.ok(performance.now() < deadline, 'the transfer never began')
        await sleep(10)
      }
      const stopped = served.stop('SIGTERM')
      const [code] = await ended
      assert.equal(code, 0, `round ${round}: the client`)
      assert.equal(await stopped, 0, `round ${round}: serve`)
      served = await home.serve()
      assert.equal(
        home.cli('uploads', 'wait', 'travis', '--file', name, '--timeout', 60).data[0].state,
        'imported',
      )
    }
    assert.equal(home.records('travis', 'clients').length, 18_000)
  })
})
