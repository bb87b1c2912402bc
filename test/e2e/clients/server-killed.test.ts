import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { statSync } from 'node:fs'
import { join } from 'node:path'
import { after, before } from 'mocha'
import { ecrFile, ecrRow, ecrTemplate } from '../../support/ecr.ts'
import { createKey, createTestHome, sftp, sshOptions } from '../../support/serve.ts'
import type { TestHome } from '../../support/serve.ts'
import { poll } from './support/poll.ts'

describe('a sender whose server is killed in the middle of a file', function () {
  this.timeout(120_000)
  let home: TestHome
  before(() => {
    home = createTestHome({ DOCKETDROP_SETTLE_MS: '1500' }, process.env['TEST_MAIN'])
  })
  after(() => home.remove())

  it('goes on with put -a as soon as the server is back, and the file is imported once', async () => {
    const first = await home.serve()
    const key = createKey(home)
    home.cli('agency', 'add', 'travis', '--name', 'Travis', '--time-zone', 'America/Chicago')
    home.cli('key', 'add', 'travis', `${key}.pub`)
    home.cli('template', 'import', 'travis', home.write('t.yaml', ecrTemplate))
    const rows = Array.from({ length: 6000 }, (_, index) => ecrRow(index))
    const path = home.write('night.csv', ecrFile(rows))
    const options = ['-q', '-l', '2000', '-b', '-', ...sshOptions(key)]
    const client = spawn('sftp', [...options, '-P', String(first.sftpPort), 'travis@127.0.0.1'], {
      stdio: ['pipe', 'ignore', 'ignore'],
      timeout: 60_000,
    })
    const ended = once(client, 'exit') as Promise<[number | null]>
    client.stdin.end(`put ${path}\n`)
    const target = join(home.home, 'agencies/travis/inbox/night.csv')
    const sizeOf = () => statSync(target, { throwIfNoEntry: false })?.size ?? 0
    await poll('the first bytes', () => sizeOf() > 60_000)
    await first.stop('SIGKILL')
    const [code] = await ended
    assert.notEqual(code, 0, 'the sender believes the truth')

    const second = await home.serve()
    const put = sftp(second.sftpPort, 'travis', key, `put -a ${path}\n`)
    assert.equal(put.status, 0, put.stderr)
    const waited = home.cli('uploads', 'wait', 'travis', '--file', 'night.csv', '--timeout', 60)
    assert.equal(waited.data[0].state, 'imported', JSON.stringify(waited))
    assert.equal(home.records('travis', 'clients').length, 6000)
  })
})
