import assert from 'node:assert/strict'
import { toReport, renderReport } from '../../src/cli/upload-verdict.ts'
import type { Upload } from '../../src/inbox/index.ts'
import { ecrFile, ecrRow, ecrTemplate } from '../support/ecr.ts'
import { createTestHome } from '../support/serve.ts'
import type { TestHome } from '../support/serve.ts'

describe('docketdrop uploads', function () {
  this.timeout(180_000)
  let home: TestHome
  before(() => {
    home = createTestHome()
    home.cli('migrate', 'up')
    home.cli('agency', 'add', 'travis', '--name', 'Travis', '--time-zone', 'America/Chicago')
    home.cli('template', 'import', 'travis', home.write('t.yaml', ecrTemplate))
  })
  after(async () => home.remove())

  const rows = (count: number) =>
    ecrFile(Array.from({ length: count }, (_, index) => ecrRow(index + 1)))

  it('names the known states when asked for one that is not known, exit 2', () => {
    const answer = home.cli('uploads', 'list', 'travis', '--state', 'bogus')
    assert.equal(answer.code, 2)
    assert.equal(answer.error?.code, 'USAGE_INVALID')
    assert.match(answer.error.message, /receiving, partial, .*undone, not bogus/)
    assert.equal(home.cli('uploads', 'list', 'travis', '--state', 'held', 'queued').code, 0)
  })

  it('releases a file older than the last import with --force only, exit 7', () => {
    const cut = home.write('old.csv', rows(60).slice(0, -40))
    assert.equal(home.cli('upload', 'travis', cut, '--wait').data.state, 'held')
    const held = home.cli('uploads', 'list', 'travis').data[0].uploadId as string
    assert.equal(
      home.cli('upload', 'travis', home.write('new.csv', rows(3)), '--wait').data.state,
      'imported',
    )
    const answer = home.cli('uploads', 'release', 'travis', held)
    assert.equal(answer.code, 7)
    assert.equal(answer.error?.code, 'OUT_OF_ORDER')
    assert.match(answer.error.hint, /--force/)
    const forced = home.cli('uploads', 'release', 'travis', held, '--force')
    assert.deepEqual([forced.code, forced.data.state], [0, 'queued'])
    const shown = home.raw(['uploads', 'show', 'travis', held]).stdout
    assert.match(shown, /^attempts +0$/m)
    assert.match(shown, /^explanation/m)
    assert.equal(home.cli('uploads', 'discard', 'travis', held).data.reason, 'DISCARDED')
  })

  it('tells people what an upload that is tried again waits for', () => {
    const upload = {
      fileName: 'a.csv',
      uploadId: '0',
      state: 'queued',
      reason: null,
      explanation: 'Will be tried again: EIO.',
      attempts: 4,
      report: null,
      receivedAt: null,
      finishedAt: null,
    } as Partial<Upload> as Upload
    const text = renderReport(toReport(upload, undefined), upload.attempts)
    assert.match(text, /^State +queued$/m)
    assert.match(text, /^Explanation +Will be tried again: EIO\.$/m)
    assert.match(text, /^Attempts +4$/m)
  })
})
