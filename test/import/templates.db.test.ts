import assert from 'node:assert/strict'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, it } from 'mocha'
import { listAudit } from '../../src/audit/index.ts'
import { AppError } from '../../src/errors/index.ts'
import { useImportHouse } from './import-house.ts'

const template = {
  template: 'nightly',
  columns: { 'client.reference': 'Party ID', 'client.fullName': 'Name' },
}

const code = (expected: string) => (error: unknown) =>
  error instanceof AppError && error.code === expected

describe('templates', () => {
  const house = useImportHouse()
  let folder = ''
  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'dd-templates-'))
  })
  after(() => rm(folder, { recursive: true, force: true }))

  async function write(name: string, content: string): Promise<string> {
    const path = join(folder, name)
    await writeFile(path, content)
    return path
  }

  it('make no new version of an equal file, however it is written, and a new one of a changed file', async () => {
    const { agencyId } = await house.openAgency(template)
    const { importTemplate } = house.templates
    const yaml =
      'columns:\n  client.fullName: Name\n  client.reference: { column: Party ID }\n# the same\ntemplate: nightly\nmethod: update\n'
    assert.deepEqual(await importTemplate(agencyId, yaml, 'ann'), {
      template: 'nightly',
      version: 1,
      changed: false,
      notes: [],
    })
    const changed = JSON.stringify({ ...template, dateOrder: 'dmy' })
    assert.deepEqual(await importTemplate(agencyId, changed, 'ann'), {
      template: 'nightly',
      version: 2,
      changed: true,
      notes: [],
    })
    const back = await importTemplate(agencyId, yaml, 'ann')
    assert.deepEqual(back, { template: 'nightly', version: 3, changed: true, notes: [] })
    const audit = await listAudit(house.database.db, agencyId)
    assert.equal(audit.filter(({ action }) => action === 'template.import').length, 3)
  })

  it('number versions without a gap when two people import at once', async () => {
    const { agencyId } = await house.openAgency(template)
    const files = Array.from({ length: 6 }, (_, index) =>
      JSON.stringify({ ...template, guard: { floor: index } }),
    )
    const saved = await Promise.all(
      files.map((yaml) => house.templates.importTemplate(agencyId, yaml, 'ann')),
    )
    assert.deepEqual(saved.map(({ version }) => version).sort(), [2, 3, 4, 5, 6, 7])
  })

  it('come back from an export as an equal template', async () => {
    const { agencyId } = await house.openAgency(template)
    const yaml = await house.templates.export(agencyId, 'nightly')
    assert.equal((await house.templates.importTemplate(agencyId, yaml, 'ann')).changed, false)
  })

  it('are listed in their newest version, and found in an older one', async () => {
    const { agencyId } = await house.openAgency(template)
    await house.templates.importTemplate(
      agencyId,
      JSON.stringify({ ...template, template: 'a-list' }),
      'ann',
    )
    await house.templates.importTemplate(
      agencyId,
      JSON.stringify({ ...template, dateOrder: 'dmy' }),
      'ann',
    )
    const list = await house.templates.list(agencyId)
    assert.deepEqual(
      list.map(({ template: name, version }) => [name, version]),
      [
        ['a-list', 1],
        ['nightly', 2],
      ],
    )
    assert.equal((await house.templates.get(agencyId, 'nightly', 1)).version, 1)
    await assert.rejects(house.templates.get(agencyId, 'nightly', 9), code('TEMPLATE_NOT_FOUND'))
    await assert.rejects(house.templates.get(agencyId, 'none'), code('TEMPLATE_NOT_FOUND'))
  })

  it('say which keys were written and have no effect, saved anew or not', async () => {
    const { agencyId } = await house.openAgency(template)
    const guard = { removedPercent: 5, changedPercent: 50, minRows: 2 }
    const yaml = JSON.stringify({ ...template, missing: 'cancel', guard })
    for (const changed of [true, false]) {
      const saved = await house.templates.importTemplate(agencyId, yaml, 'ann')
      assert.equal(saved.changed, changed)
      assert.deepEqual(
        saved.notes.map((note) => note.split(' ')[0]),
        ['missing', 'guard.changedPercent'],
      )
      for (const note of saved.notes) assert.match(note, /no effect.*method update/)
    }
    const whole = JSON.stringify({
      ...template,
      method: 'replace-template',
      missing: 'keep',
      guard,
    })
    assert.deepEqual((await house.templates.importTemplate(agencyId, whole, 'ann')).notes, [])
  })

  it('are chosen by name, by feed, or because there is only one', async () => {
    const { agencyId, agency } = await house.openAgency(template)
    assert.equal((await house.templates.choose(agencyId, 'x.csv')).template, 'nightly')
    await house.templates.importTemplate(
      agencyId,
      JSON.stringify({ ...template, template: 'other' }),
      'ann',
    )
    await assert.rejects(house.templates.choose(agencyId, 'x.csv'), code('TEMPLATE_NONE'))
    const feed = {
      feed: 'ecr',
      template: 'other',
      match: '*.csv',
      exclude: null,
      sortBy: 'name',
      expectBy: null,
      expectDays: [],
    } as const
    await house.agencies.saveFeed(agency, feed, 'ann')
    const { template: name, feed: taken } = await house.templates.choose(agencyId, 'X.CSV')
    assert.deepEqual([name, taken], ['other', 'ecr'])
    assert.equal((await house.templates.choose(agencyId, 'x.csv', 'nightly')).feed, '')
    await assert.rejects(
      house.templates.choose(agencyId, 'x.csv', 'none'),
      code('TEMPLATE_NOT_FOUND'),
    )
  })

  describe('test', () => {
    it('tells file, columns and rows apart, and saves nothing', async () => {
      const { agencyId } = await house.openAgency(template)
      const path = await write(
        'good.csv',
        'Party ID,Name,Extra\r\n1,"LEE, ANN",x\r\n1,"LEE, ANN",x\r\n,"NO, ONE",x\r\n',
      )
      const { verdict, tiers, report, sample } = await house.templates.test(
        agencyId,
        'nightly',
        path,
        'good.csv',
      )
      assert.equal(verdict, 'imported-with-rejects')
      assert.deepEqual(
        tiers.map(({ tier, ok }) => [tier, ok]),
        [
          ['file', true],
          ['columns', true],
          ['rows', true],
        ],
      )
      assert.deepEqual(
        [report.rows.read, report.rows.accepted, report.rows.rejected, report.rows.duplicate],
        [3, 1, 1, 1],
      )
      assert.equal((sample[0] as { client: { lastName: string } }).client.lastName, 'LEE')
      assert.deepEqual(report.detected.drift, ['new column: Extra'])
      const [{ count }] = (await house.database
        .db('uploads')
        .where({ agency_id: agencyId })
        .count()) as [{ count: number }]
      assert.equal(count, 0)
    })

    const held: [string, string, 'file' | 'rows', RegExp, string][] = [
      ['no rows', 'Party ID,Name\r\n', 'rows', /column names, but no rows/, 'GUARD_ROWS'],
      ['an open end', 'Party ID,Name\r\n1,A\r\n2', 'file', /1 of 2 cells/, 'TRUNCATED_SUSPECTED'],
      [
        'an open end and other columns',
        'Party,Name\r\n1,A\r\n2',
        'file',
        /1 of 2 cells/,
        'TRUNCATED_SUSPECTED',
      ],
    ]
    for (const [what, content, tier, words, reason] of held)
      it(`says held, as the import ends, for a file with ${what}`, async () => {
        const agency = await house.openAgency(template)
        const path = await write('held.csv', content)
        const told = await house.templates.test(agency.agencyId, 'nightly', path, 'held.csv')
        assert.deepEqual(
          [told.verdict, told.report.state, told.report.reason],
          ['held', 'held', reason],
        )
        const failed = told.tiers.find(({ ok }) => !ok)
        assert.equal(failed?.tier, tier)
        assert.match(failed.findings.join(' '), words)
        const upload = await house.send(agency, 'held.csv', content)
        assert.deepEqual([upload.state, upload.reason], ['held', reason])
      })

    it('shows what the end of a whole file says', async () => {
      const { agencyId } = await house.openAgency(template)
      const path = await write('whole.csv', 'Party ID,Name\r\n1,A\r\n')
      const { verdict, tiers } = await house.templates.test(agencyId, 'nightly', path, 'whole.csv')
      assert.equal(verdict, 'imported')
      assert.match(tiers[0]?.findings.join(' ') ?? '', /ends with a line end/)
    })

    const failures: [string, string, 'file' | 'columns' | 'rows', RegExp][] = [
      ['an empty file', '', 'file', /no bytes|no rows/],
      ['other columns', 'Party,Name\r\n1,x\r\n', 'columns', /"Party ID"/],
      ['only bad rows', 'Party ID,Name\r\n,x\r\n', 'rows', /1 of 1 rows/],
    ]
    for (const [what, content, tier, words] of failures)
      it(`stops at the tier ${tier} for ${what}`, async () => {
        const { agencyId } = await house.openAgency(template)
        const path = await write('bad.csv', content)
        const { verdict, tiers } = await house.templates.test(agencyId, 'nightly', path, 'bad.csv')
        assert.equal(verdict, 'refused')
        const failed = tiers.find(({ ok }) => !ok)
        assert.equal(failed?.tier, tier)
        assert.match(failed.findings.join(' '), words)
      })
  })
})
