import assert from 'node:assert/strict'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import fc from 'fast-check'
import { after, before, describe, it } from 'mocha'
import { scoreName } from '../../src/import/score-name.ts'
import { parseTemplate } from '../../src/import/parse-template.ts'
import { suggestTemplate } from '../../src/import/suggest.ts'
import type { Suggestion } from '../../src/import/suggest.ts'
import { synonyms } from '../../src/import/synonyms.ts'
import type { Target } from '../../src/import/synonyms.ts'
import { createCourt, createNight, templateFor, writeNight } from '../../src/sample/index.ts'
import { ecrHeader, ecrRow } from '../support/ecr.ts'

/** Field → columns, in the order of the template's list. */
function readColumns(yaml: string): Record<string, unknown[]> {
  return Object.fromEntries(
    Object.entries(parseTemplate(yaml).columns).map(([field, sources]) => [
      field,
      sources.flatMap(({ columns }) => columns),
    ]),
  )
}

describe('a suggestion', () => {
  let folder = ''
  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'dd-suggest-'))
  })
  after(() => rm(folder, { recursive: true, force: true }))

  async function suggest(name: string, content: string | Buffer): Promise<Suggestion> {
    const path = join(folder, name)
    await writeFile(path, content)
    return suggestTemplate(path, name)
  }
  const ofTable = (name: string, table: readonly (readonly string[])[]) =>
    suggest(name, `${table.map((row) => row.join('|')).join('\n')}\n`)

  describe('for the layouts of courts', () => {
    const court = createCourt({
      seed: 'suggest',
      timeZone: 'America/Chicago',
      from: '2026-11-23',
      people: 120,
      cases: 100,
      events: 150,
    })

    for (const layout of [
      'ecr-csv',
      'sqlcmd-txt',
      'windows-1252-semicolon',
      'xlsx-titles',
    ] as const)
      it(`maps ${layout} as its own template does, sure of all of it`, async () => {
        const { fileName, bytes } = await writeNight(createNight(court, 0), layout, { dirt: 0.1 })
        const { source, asked, unused } = await suggest(fileName, bytes)
        assert.deepEqual(readColumns(source), readColumns(templateFor(layout)))
        assert.deepEqual([asked, unused], [[], []])
        if (layout === 'windows-1252-semicolon')
          assert.deepEqual(source.match(/label: \w+/g), ['label: home', 'label: cell'])
      })

    it('asks by value for a workbook without a header, and asks nothing wrong', async () => {
      const night = createNight(court, 0)
      const { fileName, bytes } = await writeNight(night, 'xlsx-positional')
      const { mapped, asked, source } = await suggest(fileName, bytes)
      assert.deepEqual(mapped, [])
      const right = readColumns(templateFor('xlsx-positional'))
      const told = asked.map(({ field, source: from }): [string, readonly unknown[]] => [
        field,
        typeof from === 'object' && 'columns' in from ? from.columns : [from].flat(),
      ])
      for (const [field, from] of told) assert.deepEqual(from, right[field], field)
      assert.deepEqual(
        told.map(([field]) => field),
        [
          'client.reference',
          'client.language',
          'client.dateOfBirth',
          'contact.phone',
          'contact.email',
          'event.startsAt',
          'case.number',
        ],
      )
      const answered = parseTemplate(source.replaceAll(/^ {2}# (\w+\.\w+):/gm, '  $1:'))
      assert.equal(answered.header, 'none')
      assert.deepEqual(answered.columns['event.startsAt']?.[0]?.columns, [2, 4])
    })
  })

  const header = ecrHeader.split(',')
  const cells = (number: number) =>
    ecrRow(number, { date: `0${(number % 9) + 1}/15/2027 9:00 AM` }).split(',')
  const rows = Array.from({ length: 12 }, (_, index) => cells(index + 1))

  it('is the same whatever the order of the columns', async () => {
    const expected = readColumns((await ofTable('a.txt', [header, ...rows])).source)
    await fc.assert(
      fc.asyncProperty(
        fc.shuffledSubarray([...header.keys()], { minLength: header.length }),
        async (order) => {
          const table = [header, ...rows].map((row) => order.map((at) => row[at] ?? ''))
          const { source } = await ofTable('a.txt', table)
          assert.deepEqual(readColumns(source), expected)
        },
      ),
      { numRuns: 25 },
    )
  })

  it('is sure of names that are only written otherwise', async () => {
    const respell: ((name: string) => string)[] = [
      (name) => name.toUpperCase(),
      (name) => name.replaceAll(' ', '_').toLowerCase(),
      (name) => name.replaceAll(' ', ''),
      (name) => name.toUpperCase().replaceAll(' ', ''),
      (name) => `${name.replaceAll(' ', '  ')}:`,
      (name) => name.replace('Number', 'No.').replace('Date', 'Dt').replace('Name', 'Nm'),
    ]
    const expected = Object.keys(readColumns((await ofTable('a.txt', [header, ...rows])).source))
    for (const [index, change] of respell.entries()) {
      const { mapped } = await ofTable('a.txt', [header.map(change), ...rows])
      assert.deepEqual(
        mapped.map(({ field }) => field),
        expected,
        `spelling ${index}`,
      )
    }
  })

  it('never maps one column twice, nor two columns to one field but contacts', async () => {
    const names = fc.constantFrom(
      ...Object.values(synonyms).flatMap((list) => list.split('|')),
      'Notes',
      'X1',
      'Attorney Phone',
      '',
    )
    await fc.assert(
      fc.asyncProperty(fc.array(names, { minLength: 3, maxLength: 14 }), async (all) => {
        const table = [all, ...rows.map((row) => all.map((_, at) => row[at % row.length] ?? ''))]
        const found = await ofTable('a.txt', table).catch(() => undefined)
        if (found === undefined) return
        const lines = [...found.mapped, ...found.asked]
        const columns = lines.flatMap(({ source }) =>
          [source].flat().flatMap((one) => {
            if (typeof one !== 'object') return [one]
            return 'columns' in one ? one.columns : [one.column]
          }),
        )
        assert.equal(new Set(columns).size, columns.length, JSON.stringify(columns))
        const plain = lines.map(({ field }) => field).filter((one) => !one.startsWith('contact.'))
        assert.equal(new Set(plain).size, plain.length)
        if (found.mapped.length > 0) parseTemplate(found.source)
      }),
      { numRuns: 60 },
    )
  })

  it('takes nobody else’s phone, name or date for those of the party', async () => {
    const others = [
      'Attorney Phone',
      'Attorney Name',
      'Attorney Email Address',
      'Bond Agent Phone Number',
      'Emergency Contact Phone',
      'Arresting Officer Name',
      'Original Hearing Date',
      'Case Filed Date',
      'Last Updated Date',
      'Victim Full Name',
    ]
    const filler = ['512-555-0142', 'LEE, ANN', 'a@b.org', '512-555-0143', '512-555-0144']
    const more = ['RAY, BOB', '01/02/2027', '01/02/2026', '01/02/2026', 'MAY, SUE']
    const table = [[...header, ...others], ...rows.map((row) => [...row, ...filler, ...more])]
    const { mapped, asked, unused } = await ofTable('a.txt', table)
    assert.deepEqual(asked, [])
    assert.deepEqual(unused, others)
    assert.equal(mapped.length, header.length)
  })

  it('asks when one word may mean something else, and when the cells contradict a name', async () => {
    const { mapped, asked } = await ofTable('a.txt', [
      ['Party ID', 'Court', 'Email', 'Case Number', 'Hearing Date'],
      ['1', 'Annex', 'none given', 'CR-1', '1/5/2027'],
      ['2', 'Annex', 'ask her', 'CR-2', '1/6/2027'],
    ])
    assert.deepEqual(
      mapped.map(({ field }) => field),
      ['client.reference', 'event.startsAt', 'case.number'],
    )
    assert.deepEqual(
      asked.map(({ field, score }) => [field, score]),
      [
        ['contact.email', 0.5],
        ['event.location', 0.75],
      ],
    )
  })

  it('asks for a party number that only counts the parties of a case, and all that hangs on it', async () => {
    const { mapped, asked } = await ofTable('a.txt', [
      ['Party Number', 'Last Name', 'Phone', 'Case Number', 'Hearing Date'],
      ['1', 'Lee', '512-555-0142', 'CR-1', '1/5/2027'],
      ['2', 'Ray', '512-555-0143', 'CR-1', '1/5/2027'],
      ['1', 'May', '512-555-0144', 'CR-2', '1/6/2027'],
      ['2', 'Poe', '512-555-0145', 'CR-2', '1/6/2027'],
    ])
    assert.deepEqual(
      mapped.map(({ field }) => field),
      ['event.startsAt', 'case.number'],
    )
    assert.deepEqual(
      asked.map(({ field, why }) => [field, why]),
      [
        ['client.reference', 'the same value stands beside different names'],
        ['client.lastName', 'needs client.reference'],
        ['contact.phone', 'needs client.reference'],
      ],
    )
  })

  it('names a column by its number where the header has the name twice', async () => {
    const { source } = await ofTable('a.txt', [
      ['Party ID', 'Name', 'Phone', 'Phone'],
      ['1', 'Ann Lee', '512-555-0142', '512-555-0143'],
      ['2', 'Bob Ray', '512-555-0144', '512-555-0145'],
    ])
    assert.deepEqual(readColumns(source)['contact.phone'], [3, 4])
  })

  it('lists codes of which nobody knows the meaning', async () => {
    const { unknownCodes, source } = await ofTable('a.txt', [
      header,
      ...rows.map((row, at) => row.map((cell, index) => (index === 8 && at === 3 ? 'TBD' : cell))),
    ])
    assert.deepEqual(unknownCodes, { 'event.status': ['TBD'] })
    assert.match(source, /# {3}event\.status: \{ "TBD": \? \}/)
  })

  it('knows every synonym by its own name, surely or with the help of the cells', () => {
    for (const target of Object.keys(synonyms) as Target[])
      for (const name of synonyms[target].split('|'))
        assert.ok(scoreName(name, target) >= 0.75, `${target}: ${name}`)
  })
})
