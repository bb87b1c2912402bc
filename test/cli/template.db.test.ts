import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { after, before, describe, it } from 'mocha'
import { packageRoot } from '../../src/config/index.ts'
import type { Rehearsal } from '../../src/messaging/index.ts'
import { useDatabase } from '../support/database.ts'
import { ecrFile, ecrRow, ecrTemplate } from '../support/ecr.ts'
import { createTestHome } from '../support/serve.ts'
import type { CliAnswer, TestHome } from '../support/serve.ts'

describe('docketdrop template and feed', function () {
  this.timeout(240_000)
  const database = useDatabase()
  let home: TestHome

  /** The command line as it is in the sources, so that no build is needed. */
  function raw(...words: string[]) {
    const args = ['--import', 'tsx', join(packageRoot, 'src', 'main.ts'), ...words]
    const env = { ...home.env, NO_COLOR: '1' }
    return spawnSync(process.execPath, args, { env, encoding: 'utf8' })
  }
  function run(...words: string[]): CliAnswer {
    const { status, stdout, stderr } = raw('--json', ...words)
    assert.notEqual(stdout, '', stderr)
    return { ...(JSON.parse(stdout) as CliAnswer), code: status }
  }
  const done = (...words: string[]) => {
    const answer = run(...words)
    assert.equal(answer.code, 0, JSON.stringify(answer.error))
    return answer.data // eslint-disable-line @typescript-eslint/no-unsafe-return
  }

  before(() => {
    home = createTestHome({ DATABASE_URL: database.url })
    done('migrate', 'up')
    done('agency', 'add', 'one', '--name', 'One County', '--time-zone', 'America/Denver')
    done('template', 'import', 'one', home.write('t.yaml', ecrTemplate))
  })
  after(() => home.remove())

  it('list and show what is ready-made, and import it with its guards', () => {
    const all = done('template', 'ready-made', 'list')
    assert.equal(all[0].template, 'odyssey-ecr')
    const { source } = done('template', 'ready-made', 'show', 'odyssey-ecr')
    assert.match(String(source), /^method: replace-template$/m)
    assert.deepEqual(done('template', 'import', 'one', '--ready-made', 'odyssey-ecr'), {
      template: 'odyssey-ecr',
      version: 1,
      changed: true,
      notes: [],
    })
    const file = home.write('ecr.yaml', String(source))
    assert.equal(done('template', 'import', 'one', file).changed, false)
    assert.equal(run('template', 'ready-made', 'show', 'nothing').code, 4)
    assert.equal(run('template', 'import', 'one').code, 2)
    assert.equal(run('template', 'import', 'one', file, '--ready-made', 'idaho').code, 2)
  })

  it('suggest with what is mapped, asked and unused, and a template that can be imported', () => {
    const rows = [1, 2, 3].map((number) => `${ecrRow(number)},x,512555010${number}`)
    const [header = ''] = ecrFile([]).split('\r\n')
    const sample = home.write('Sample.csv', [`${header},Zip,Zzz`, ...rows, ''].join('\r\n'))
    const { source, mapped, asked, unused } = done('template', 'suggest', 'one', sample)
    assert.equal(mapped.length, 12)
    assert.deepEqual(
      (asked as { field: string; source: string; score: number }[]).map((one) => [
        one.field,
        one.source,
        one.score,
      ]),
      [['contact.phone', 'Zzz', 0.7]],
    )
    assert.deepEqual(unused, ['Zip'])
    const saved = done('template', 'import', 'one', home.write('sample.yaml', String(source)))
    assert.deepEqual([saved.template, saved.version, saved.notes], ['sample', 1, []])
  })

  it('test with records and messages, exit 0, 3 and 6, and save nothing', () => {
    const good = home.write('good.csv', ecrFile([ecrRow(1), ecrRow(2)]))
    const answer = run('template', 'test', 'one', 'nightly', good)
    assert.equal(answer.code, 0)
    assert.equal(answer.data.report.records.events.created, 2)
    const { planned, held, texts } = answer.data.messages as Rehearsal
    assert.ok(planned + held > 0)
    assert.ok(texts.length > 0)
    const text = raw('template', 'test', 'one', 'nightly', good).stdout
    assert.match(text, /✓ file[\s\S]*✓ columns[\s\S]*✓ rows[\s\S]*events: 2 created/)
    assert.match(text, /Messages: \d+ planned[\s\S]*One County[\s\S]*Nothing was saved/)
    const packed = home.write('good.csv.gz', gzipSync(ecrFile([ecrRow(1)])))
    assert.deepEqual(done('template', 'test', 'one', 'nightly', packed).report.detected.opened, [
      'gzip',
    ])
    const part = home.write('part.csv', ecrFile([ecrRow(1), ecrRow(2, { date: 'soon' })]))
    assert.equal(run('template', 'test', 'one', 'nightly', part).code, 3)
    const other = home.write('other.csv', 'Party,Name\r\n1,LEE\r\n')
    const refused = run('template', 'test', 'one', 'nightly', other)
    assert.deepEqual([refused.code, refused.data.messages], [6, null])
    assert.deepEqual(done('uploads', 'list', 'one'), [])
    assert.equal(raw('records', 'export', 'one', 'clients').stdout, '')
    assert.equal(raw('messages', 'list', 'one', '--json').stdout.includes('messageId'), false)
  })

  it('diff versions and a file, in words', () => {
    const changed = JSON.stringify({ ...JSON.parse(ecrTemplate), dateOrder: 'dmy' })
    const file = home.write('changed.yaml', changed)
    const fromFile = done('template', 'diff', 'one', 'nightly', file)
    assert.deepEqual([fromFile.from, fromFile.to], [1, null])
    assert.equal(fromFile.changes[0].text, 'dateOrder was mdy, is now dmy')
    assert.equal(done('template', 'import', 'one', file).version, 2)
    const between = done('template', 'diff', 'one', 'nightly')
    assert.deepEqual([between.from, between.to, between.changes], [1, 2, fromFile.changes])
    const back = raw('template', 'diff', 'one', 'nightly', '2', '1').stdout
    assert.match(
      back,
      /^From version 2 of nightly to version 1:\n~ dateOrder was dmy, is now mdy\n$/,
    )
    assert.match(raw('template', 'diff', 'one', 'nightly', '2', file).stdout, /mean the same/)
    assert.equal(run('template', 'diff', 'one', 'nightly', '7').code, 4)
    assert.equal(run('template', 'diff', 'one', 'nightly', file, '1').code, 2)
  })

  it('keep every setting of a feed and say so in the list', () => {
    const words = ['feed', 'set', 'one', 'ecr', '--template', 'nightly']
    const match = ['--match', 'ECR_{yyyyMMdd}*.csv', '--exclude', '*test*', '--order', 'name']
    const when = ['--expect-by', '06:30', '--days', 'fri,mon']
    const saved = done(...words, ...match, ...when)
    const expected = {
      feed: 'ecr',
      template: 'nightly',
      match: 'ECR_{yyyyMMdd}*.csv',
      exclude: '*test*',
      order: 'name',
      expectBy: '06:30',
      days: ['mon', 'fri'],
    }
    assert.deepEqual(saved, expected)
    assert.deepEqual(done('feed', 'list', 'one'), [expected])
    const idle = raw(...words, '--days', 'mon')
    assert.match(idle.stderr, /--days has no effect without --expect-by/)
    assert.doesNotMatch(raw(...words, ...when).stderr, /does not act|no effect/)
    for (const wrong of [
      ['--match', 'ECR_{date}.csv'],
      ['--order', 'size'],
      ['--expect-by', '25:00'],
      ['--days', 'someday'],
    ])
      assert.equal(run(...words, ...wrong).code, 2, wrong.join(' '))
  })
})
