import assert from 'node:assert/strict'
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { ecrFile, ecrRow, ecrTemplate, nextYear } from '../support/ecr.ts'
import { createTestHome } from '../support/serve.ts'
import type { TestHome } from '../support/serve.ts'

const kinds = ['clients', 'contacts', 'cases', 'events', 'locations', 'judges', 'payments']

describe('docketdrop uploads undo and retry', function () {
  this.timeout(240_000)
  let home: TestHome
  before(() => {
    home = createTestHome()
    home.cli('migrate', 'up')
  })
  after(async () => home.remove())

  function openAgency(name: string): void {
    home.cli('agency', 'add', name, '--name', name, '--time-zone', 'America/Chicago')
    home.cli('template', 'import', name, home.write('t.yaml', ecrTemplate))
  }
  const exportAll = (agency: string) =>
    Object.fromEntries(kinds.map((kind) => [kind, home.records(agency, kind)]))
  function upload(agency: string, name: string, rows: readonly string[]): string {
    const answer = home.cli('upload', agency, home.write(name, ecrFile(rows)), '--wait')
    assert.equal(answer.data.state, 'imported', JSON.stringify(answer))
    return answer.data.uploadId as string
  }
  const listStates = (agency: string) =>
    (home.cli('messages', 'list', agency).data as { state: string }[]).map(({ state }) => state)

  it('takes an import back: exports as before, messages cancelled, receipt and audit trail say so', () => {
    openAgency('travis')
    upload('travis', 'one.csv', [ecrRow(1), ecrRow(2)])
    const before = exportAll('travis')
    const moved = { date: `04/20/${nextYear} 1:30 PM` }
    const id = upload('travis', 'two.csv', [ecrRow(2, moved), ecrRow(3)])
    assert.notDeepEqual(exportAll('travis'), before)

    const done = home.cli('uploads', 'undo', 'travis', id.slice(-8))
    assert.deepEqual([done.code, done.data.state, done.data.uploadId], [0, 'undone', id])
    assert.deepEqual(exportAll('travis'), before)
    assert.equal(home.cli('uploads', 'wait', 'travis').code, 0)
    const states = listStates('travis')
    assert.equal(states.filter((state) => state === 'scheduled').length, 6)
    assert.ok(states.filter((state) => state === 'cancelled').length >= 3, states.join(' '))
    assert.equal(home.cli('uploads', 'report', 'travis', id).data.state, 'undone')

    const outbox = join(home.home, 'agencies/travis/outbox')
    const receipt = JSON.parse(readFileSync(join(outbox, 'two.csv.receipt.json'), 'utf8')) as {
      state: string
    }
    assert.equal(receipt.state, 'undone')
    const again = home.cli('uploads', 'undo', 'travis', id)
    assert.deepEqual([again.code, again.data.finishedAt], [0, done.data.finishedAt])
    const entries = (home.cli('audit', 'list', 'travis').data as { action: string }[]).filter(
      ({ action }) => action === 'upload.undo',
    )
    assert.equal(entries.length, 1)
  })

  it('refuses with the later uploads that stand in the way, exit 7, and says so in plain words', () => {
    openAgency('bexar')
    const first = upload('bexar', 'one.csv', [ecrRow(1)])
    const second = upload('bexar', 'two.csv', [ecrRow(1, { status: 'Cancelled' })])
    const before = exportAll('bexar')
    const answer = home.cli('uploads', 'undo', 'bexar', first)
    assert.deepEqual([answer.code, answer.error?.code], [7, 'UNDO_BLOCKED'])
    assert.match(answer.error!.message, new RegExp(`two\\.csv \\(${second}\\): 1 event \\(\\d+\\)`))
    assert.match(answer.error!.hint, /Undo these uploads first/)
    assert.deepEqual(exportAll('bexar'), before)
  })

  it('retries an undone file, an older one than the last with --force only', () => {
    openAgency('dallas')
    const first = upload('dallas', 'one.csv', [ecrRow(1)])
    upload('dallas', 'two.csv', [ecrRow(2)])
    const before = exportAll('dallas')
    assert.match(
      home.raw(['uploads', 'undo', 'dallas', first]).stdout,
      /one\.csv is undone.*send the newest \(two\.csv\) again/,
    )
    const refused = home.cli('uploads', 'retry', 'dallas', first)
    assert.deepEqual([refused.code, refused.error?.code], [7, 'OUT_OF_ORDER'])
    assert.match(refused.error!.hint, /retry it with --force/)
    const forced = home.cli('uploads', 'retry', 'dallas', first, '--force')
    assert.deepEqual([forced.code, forced.data.state, forced.data.finishedAt], [0, 'queued', null])
    assert.deepEqual(readdirSync(join(home.home, 'agencies/dallas/outbox')), [
      'two.csv.receipt.json',
    ])
    assert.equal(home.cli('uploads', 'wait', 'dallas').code, 0)
    assert.equal(home.cli('uploads', 'show', 'dallas', first).data.state, 'imported')
    assert.deepEqual(exportAll('dallas'), before)
    assert.deepEqual(new Set(listStates('dallas')), new Set(['scheduled']))
  })

  it('refuses to undo what was not imported, exit 7, and what is not there, exit 4', () => {
    openAgency('ector')
    const bad = home.write('bad.csv', 'a,b\r\n1,2\r\n')
    const refused = home.cli('upload', 'ector', bad, '--wait')
    const answer = home.cli('uploads', 'undo', 'ector', refused.data.uploadId as string)
    assert.deepEqual([answer.code, answer.error?.code], [7, 'UPLOAD_STATE'])
    assert.equal(home.cli('uploads', 'undo', 'ector', 'ffffffff').code, 4)
  })
})
