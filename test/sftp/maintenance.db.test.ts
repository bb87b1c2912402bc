import assert from 'node:assert/strict'
import { once } from 'node:events'
import { readFileSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import {
  defaultMaintenanceText,
  endMaintenance,
  readMaintenance,
  startMaintenance,
} from '../../src/sftp/index.ts'
import { runScp, runSftp, startSftp, until } from '../support/ssh-session.ts'
import { useHouse } from './sftp-house.ts'

const rows = 'case,date\n24-0001,2026-12-01\n'
const text = 'We move to a new server until 18:00. Please send again then.'

describe('maintenance', function () {
  this.timeout(60_000)
  const house = useHouse()

  const begin = async (told?: string) => {
    await startMaintenance(house.db, told, 'test')
    await until(() => house.server.maintenance() !== undefined, 'the server to follow')
  }

  afterEach(async () => {
    await endMaintenance(house.db, 'test')
    await until(() => house.server.maintenance() === undefined, 'the server to follow')
  })

  it('is followed by running servers within two seconds, on and off', async () => {
    const from = performance.now()
    await begin(text)
    assert.ok(performance.now() - from < 2000)
    assert.equal(house.server.maintenance()?.text, text)
    const off = performance.now()
    await endMaintenance(house.db, 'test')
    await until(() => house.server.maintenance() === undefined, 'the server to follow')
    assert.ok(performance.now() - off < 2000)
  })

  for (const level of ['ERROR', 'INFO']) {
    it(`ends an OpenSSH job with exit 1 and the sentence, at its log level ${level}`, async () => {
      await begin(text)
      const local = house.writeLocal('job.csv', rows)
      const run = await runSftp(house.target, [`put ${local} job.csv`], {
        options: [`LogLevel=${level}`],
      })
      assert.equal(run.code, 1)
      assert.ok(run.stderr.includes(text), run.stderr)
      assert.equal(await house.findUpload('job.csv'), undefined)
      const copied = await runScp(house.target, [local, '{remote}:job.csv'])
      assert.notEqual(copied.code, 0)
      assert.ok(copied.stderr.includes(text), copied.stderr)
    })
  }

  it('still lets senders list, fetch and tidy up', async () => {
    writeFileSync(house.at('outbox', 'result.csv'), rows)
    const local = house.writeLocal('before.csv', rows)
    assert.equal((await runSftp(house.target, [`put ${local} before.csv`])).code, 0)
    await begin()
    const back = join(house.folder, 'result.back')
    const run = await runSftp(house.target, [
      'ls -1 /inbox',
      `get /outbox/result.csv ${back}`,
      'rm /outbox/result.csv',
      'rename before.csv after.csv',
    ])
    assert.equal(run.code, 0, run.stderr)
    assert.equal(readFileSync(back, 'utf8'), rows)
  })

  it('lets a transfer in hand finish', async () => {
    const content = 'x'.repeat(1_500_000)
    const local = house.writeLocal('running.csv', content)
    const client = startSftp(house.target, [`put ${local} running.csv`], { args: ['-l', '8000'] })
    const ended = once(client, 'exit')
    await until(
      () => statSync(house.at('inbox', 'running.csv'), { throwIfNoEntry: false })?.size,
      'the first bytes',
    )
    await begin(text)
    assert.deepEqual((await ended)[0], 0)
    assert.equal((await house.findUpload('running.csv'))?.bytes, content.length)
  })

  it('has a text where nobody wrote one, and keeps its beginning when the text changes', async () => {
    await begin()
    const first = await readMaintenance(house.db)
    assert.equal(first?.text, defaultMaintenanceText)
    await startMaintenance(house.db, 'A\u0007bell\u001b[31m', 'test')
    const second = await readMaintenance(house.db)
    assert.deepEqual(second?.since, first.since)
    assert.equal(second.text, 'A bell [31m')
  })
})
