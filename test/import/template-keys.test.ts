import assert from 'node:assert/strict'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import ExcelJS from 'exceljs'
import { after, before, describe, it } from 'mocha'
import { FileError } from '../../src/errors/index.ts'
import { createFindings } from '../../src/import/findings.ts'
import { parseTemplate } from '../../src/import/parse-template.ts'
import { readTable } from '../../src/import/read-table.ts'
import { templateSchema } from '../../src/import/template.ts'
import type { LoadRow } from '../../src/records/index.ts'

const base = { 'client.reference': 'ID', 'client.fullName': 'Name' }
const start = { ...base, 'case.number': 'Case', 'event.startsAt': 'When' }

async function makeWorkbook(): Promise<Buffer> {
  const book = new ExcelJS.Workbook()
  for (const [sheet, number] of [
    ['First', 1],
    ['Second', 2],
  ] as const)
    book.addWorksheet(sheet).addRows([
      ['ID', 'Name'],
      [String(number), 'LEE'],
    ])
  return Buffer.from(await book.xlsx.writeBuffer())
}

/** For each key a file that is read otherwise with it than without it, and what is looked at. */
interface Case {
  readonly key: string
  readonly file: string | Buffer | (() => Promise<Buffer>)
  readonly columns?: object
  readonly without?: object
  readonly with: object
  readonly look: (row: LoadRow | undefined, rows: readonly LoadRow[]) => unknown
}

const reference = (row: LoadRow | undefined) => row?.client?.reference
const count = (_row: LoadRow | undefined, rows: readonly LoadRow[]) => rows.length
const day = (row: LoadRow | undefined) => row?.event?.localDate

const cases: readonly Case[] = [
  { key: 'format', file: 'ID,Name\n1,LEE\n', with: { format: 'xlsx' }, look: reference },
  {
    key: 'delimiter',
    file: 'ID,Name|ID|Name\n1,LEE|2|RAY\n',
    with: { delimiter: ',' },
    look: reference,
  },
  { key: 'quote', file: `ID,Name\n'1',LEE\n`, with: { quote: "'" }, look: reference },
  {
    key: 'encoding',
    file: Buffer.from('ID,Name\n1,PEÑA\n'),
    with: { encoding: 'windows-1252' },
    look: (row) => row?.client?.fullName,
  },
  { key: 'sheet', file: makeWorkbook, with: { sheet: 2 }, look: reference },
  { key: 'header', file: 'ID,Name\nID,Name\n1,LEE\n', with: { header: 3 }, look: count },
  {
    key: 'trailer',
    file: 'ID,Name,X\n1,LEE,x\nTRAILER,1,\n',
    with: { trailer: 'none' },
    look: count,
  },
  {
    key: 'timeZone',
    file: 'ID,Name,Case,When\n1,LEE,C,1/5/2027 8:30 AM\n',
    columns: start,
    with: { timeZone: 'America/New_York' },
    look: (row) => row?.event?.startsAt,
  },
  {
    key: 'dateOrder',
    file: 'ID,Name,Case,When\n1,LEE,C,1/5/2027 8:30 AM\n',
    columns: start,
    with: { dateOrder: 'dmy' },
    look: day,
  },
  {
    key: 'values',
    file: 'ID,Name,Role\n1,LEE,X9\n',
    columns: { ...base, 'participant.role': 'Role' },
    with: { values: { 'participant.role': { x9: 'victim' } } },
    look: (row) => row?.role,
  },
  {
    key: 'defaults',
    file: 'ID,Name\n1,LEE\n',
    with: { defaults: { 'client.language': 'es' } },
    look: (row) => row?.client?.language,
  },
  {
    key: 'exclude',
    file: 'ID,Name\n1,LEE\n2,RAY\n',
    with: { exclude: [{ column: 'Name', matches: 'r*' }] },
    look: count,
  },
  {
    key: 'exclude blank: false',
    file: 'ID,Name\n1,LEE\n2,\n',
    with: { exclude: [{ column: 'Name', blank: false }] },
    look: count,
  },
  {
    key: 'required',
    file: 'ID,Name\n1,LEE\n2,\n',
    with: { required: ['client.reference', 'client.fullName'] },
    look: count,
  },
  ...(
    [
      ['join', { columns: ['ID', 'Name'], join: '-' }, { columns: ['ID', 'Name'] }],
      ['transform', { column: 'Name', transform: ['lower'] }, 'Name'],
      ['transform digits', { column: 'ID', transform: ['digits'] }, 'ID'],
      ['constant', { constant: 'C-9' }, 'ID'],
      ['a list', ['Empty', 'Name'], 'Empty'],
      ['a number', 2, 'ID'],
    ] as const
  ).map(([key, now, then]): Case => ({
    key,
    file: 'ID,Name,Empty\nA1,LEE,\n',
    with: { columns: { ...base, 'case.number': now } },
    without: { columns: { ...base, 'case.number': then }, required: [] },
    look: (row) => row?.case?.number,
  })),
  ...(
    [
      ['label', { column: 'Phone', label: 'work' }],
      ['split', { column: 'Phone', split: '+' }],
    ] as const
  ).map(([key, source]): Case => ({
    key,
    file: 'ID,Name,Phone\n1,LEE,5125550142+5125550143\n',
    with: { columns: { ...base, 'contact.phone': source } },
    without: { columns: { ...base, 'contact.phone': 'Phone' } },
    look: (row) => row?.contacts,
  })),
  {
    key: 'formats',
    file: 'ID,Name,Case,When\n1,LEE,C,5.1.2027 8:30\n',
    with: {
      columns: { ...start, 'event.startsAt': { column: 'When', formats: ['d.M.yyyy H:mm'] } },
    },
    without: { columns: start },
    look: day,
  },
]

/** Keys that act on the whole file or on what is there already: their tests are those of the merge and its guards. */
const ofTheMerge = ['template', 'columns', 'method', 'missing', 'guard', 'eventIdentity']

describe('every key of a template', () => {
  let folder = ''
  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'dd-keys-'))
  })
  after(() => rm(folder, { recursive: true, force: true }))

  async function read({ file, look }: Case, written: object): Promise<unknown> {
    const path = join(folder, 'file')
    await writeFile(path, typeof file === 'function' ? await file() : file)
    const template = parseTemplate(JSON.stringify({ template: 'nightly', ...written }))
    const timeZone = template.timeZone === 'agency' ? 'America/Chicago' : template.timeZone
    const rows: LoadRow[] = []
    try {
      const input = { path, template, timeZone, region: 'US', isRejectsFile: false }
      const table = await readTable(input, createFindings())
      try {
        for await (const { good } of table.batches()) rows.push(...good)
      } finally {
        await table.close()
      }
    } catch (error) {
      if (!(error instanceof FileError)) throw error
      return error.code
    }
    return look(rows[0], rows)
  }

  for (const one of cases)
    it(`has an effect: ${one.key}`, async () => {
      const { columns = base } = one
      const without = await read(one, { columns, ...one.without })
      const changed = await read(one, { columns, ...one.with })
      assert.notDeepEqual(changed, without, JSON.stringify(without))
    })

  it('is in this list, or is one of the merge', () => {
    const known = [...cases.map(({ key }) => key), ...ofTheMerge]
    assert.deepEqual(
      Object.keys(templateSchema.shape).filter((key) => !known.includes(key)),
      [],
    )
  })
})
