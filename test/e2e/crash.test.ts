import assert from 'node:assert/strict'
import { setTimeout as sleep } from 'node:timers/promises'
import { ecrFile, ecrRow, ecrTemplate } from '../support/ecr.ts'
import { createKey, createTestHome, sftp } from '../support/serve.ts'
import type { Served, TestHome } from '../support/serve.ts'

const size = process.env['TEST_SIZE'] === 'long' ? 10_000 : 3000
const rounds = process.env['TEST_SIZE'] === 'long' ? 12 : 4

async function untilLogged(served: Served, text: string): Promise<void> {
  const deadline = performance.now() + 30_000
  while (!served.lines.some((line) => line.includes(text))) {
    if (performance.now() > deadline)
      throw new Error(`"${text}" was never logged: ${served.lines.slice(-5).join('\n')}`)
    await sleep(2)
  }
}

describe('kill -9 of serve in the middle of an import', function () {
  this.timeout(400_000)
  let home: TestHome
  let key: string

  before(() => {
    home = createTestHome()
    key = createKey(home)
  })
  after(async () => home.remove())

  it('leaves every row there once, one receipt and one set of messages, wherever the kill falls', async () => {
    let served = await home.serve()
    home.cli('agency', 'add', 'travis', '--name', 'Travis', '--time-zone', 'America/Chicago')
    home.cli('key', 'add', 'travis', `${key}.pub`)
    home.cli('template', 'import', 'travis', home.write('t.yaml', ecrTemplate))
    for (let round = 0; round < rounds; round++) {
      const name = `night-${round}.csv`
      const rows = Array.from({ length: size }, (_, index) => ecrRow(round * size + index))
      const put = sftp(served.sftpPort, 'travis', key, `put ${home.write(name, ecrFile(rows))}\n`)
      assert.equal(put.status, 0, put.stderr)
      await untilLogged(served, 'import started')
      await sleep(round * 150)
      await served.stop('SIGKILL')

      served = await home.serve()
      const answer = home.cli('uploads', 'wait', 'travis', '--file', name, '--timeout', 90)
      assert.equal(answer.data[0].state, 'imported', JSON.stringify(answer))
      const total = (round + 1) * size
      assert.equal(home.records('travis', 'clients').length, total)
      assert.equal(home.records('travis', 'events').length, total)
      const stored = home
        .list('travis', 'processed')
        .filter((path) => path.includes(`night-${round}__`))
      assert.equal(stored.length, 2, stored.join())
    }
    const messages = home.cli('messages', 'list', 'travis').data as {
      clientReference: string
      step: string
      channel: string
      occurrence: number
      eventId: string
    }[]
    const keys = new Set(
      messages.map((one) =>
        [one.clientReference, one.eventId, one.step, one.channel, one.occurrence].join('|'),
      ),
    )
    assert.equal(keys.size, messages.length)
    assert.equal(new Set(messages.map((one) => one.clientReference)).size, rounds * size)
    assert.deepEqual(home.list('travis', 'inbox'), [])
  })
})
