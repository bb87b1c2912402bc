import assert from 'node:assert/strict'
import { parse as parseCsv } from 'csv-parse/sync'
import ExcelJS from 'exceljs'
import iconv from 'iconv-lite'
import { parse as parseYaml } from 'yaml'
import {
  createCourt,
  createNight,
  expectRecords,
  layoutNames,
  templateFor,
  writeNight,
} from '../../src/sample/index.ts'
import type { Expected, LayoutName, Night, SheetOptions } from '../../src/sample/index.ts'

/** Header and rows of a file, read by other means than our own readers. */
async function read(name: LayoutName, bytes: Buffer): Promise<string[][]> {
  if (name === 'sqlcmd-txt') {
    assert.equal(bytes.subarray(0, 2).toString('hex'), 'fffe')
    const lines = bytes.toString('utf16le').slice(1).split('\r\n')
    const rows = lines.slice(0, -2)
    assert.equal(lines.at(-2), `(${rows.length - 3} rows affected)`)
    assert.match(rows.splice(1, 1)[0] ?? '', /^-+(\|-+)+$/)
    return rows.map((line) => line.split('|').map((cell) => (cell === 'NULL' ? '' : cell)))
  }
  if (name.startsWith('xlsx')) {
    const workbook = new ExcelJS.Workbook()
    await workbook.xlsx.load(bytes as unknown as ExcelJS.Buffer)
    const rows: string[][] = []
    workbook.worksheets[0]?.eachRow((row) => {
      const cells = Array.from(
        { length: row.cellCount },
        (_, index) => row.getCell(index + 1).value,
      )
      rows.push(
        cells.map((cell) =>
          cell instanceof Date ? cell.toISOString() : String((cell ?? '') as string | number),
        ),
      )
    })
    return rows.slice(name === 'xlsx-titles' ? 3 : 0)
  }
  const isSemicolon = name === 'windows-1252-semicolon'
  const text = isSemicolon ? iconv.decode(bytes, 'win1252') : bytes.toString()
  assert.ok(text.endsWith('\r\n'))
  assert.ok(!text.replaceAll('\r\n', '').includes('\n'))
  const rows: string[][] = parseCsv(text, {
    delimiter: isSemicolon ? ';' : ',',
    relax_column_count: true,
  })
  if (!isSemicolon) return rows
  assert.deepEqual(rows.pop(), ['TRAILER', String(rows.length - 1)])
  return rows
}

const sum = ({ rows }: Expected) =>
  rows.accepted + rows.rejected + rows.excluded + rows.duplicate + rows.blank

describe('a sample file', () => {
  const court = createCourt({
    seed: 'files',
    timeZone: 'America/Chicago',
    from: '2026-11-23',
    people: 120,
    cases: 90,
    events: 140,
  })
  const night: Night = createNight(court, 1)

  for (const name of layoutNames) {
    describe(`as ${name}`, () => {
      it('has the same bytes every time', async () => {
        const one = await writeNight(night, name, { dirt: 0.1 })
        const two = await writeNight(createNight(court, 1), name, { dirt: 0.1 })
        assert.equal(one.fileName, two.fileName)
        assert.ok(one.bytes.equals(two.bytes))
      })

      for (const options of [{}, { dirt: 0.2 }] as SheetOptions[]) {
        it(`holds the rows that are expected${options.dirt === undefined ? '' : ', bad ones too'}`, async () => {
          const { bytes } = await writeNight(night, name, options)
          const expected = expectRecords(night, name, options)
          const rows = await read(name, bytes)
          const header = name === 'xlsx-positional' ? 0 : 1
          assert.equal(rows.length - header, expected.rows.read)
          assert.equal(sum(expected), expected.rows.read)
          const texts = rows.map((row) => row.join('\u0001').replace(/^\u0001+$/, ''))
          assert.equal(
            texts.length - new Set(texts).size,
            expected.rows.duplicate + Math.max(0, expected.rows.blank - 1),
          )
          const all = rows.flat().join('\n')
          for (const { caseNumber } of expected.cases) assert.ok(all.includes(caseNumber))
          for (const { clientReference } of expected.clients)
            assert.ok(all.includes(clientReference))
        })
      }

      it('has a template whose columns are in it', async () => {
        const template = parseYaml(templateFor(name)) as {
          template: string
          method: string
          columns: Record<string, unknown>
          exclude: { column: string | number }[]
        }
        assert.match(template.template, /^[a-z0-9][a-z0-9-]{1,62}$/)
        assert.equal(template.method, 'update')
        const [header = []] = await read(name, (await writeNight(night, name)).bytes)
        const columns = Object.values(template.columns).flatMap(function list(source): (
          string | number
        )[] {
          if (typeof source === 'string' || typeof source === 'number') return [source]
          if (Array.isArray(source)) return source.flatMap(list)
          const { column, columns: several } = source as { column?: string; columns?: string[] }
          return [column, ...(several ?? [])].filter((one) => one !== undefined)
        })
        assert.ok(columns.length >= 12)
        for (const column of [...columns, ...template.exclude.map((one) => one.column)])
          assert.ok(
            typeof column === 'number' ? column >= 1 && column <= 21 : header.includes(column),
            String(column),
          )
      })
    })
  }

  it('counts the kinds of bad rows as asked for', () => {
    const dirt = {
      date: 3,
      reference: 2,
      ragged: 1,
      phone: 2,
      language: 1,
      role: 1,
      status: 2,
      duplicate: 4,
      blank: 1,
      excluded: 2,
    }
    const clean = expectRecords(night)
    const dirty = expectRecords(night, 'ecr-csv', { dirt })
    assert.deepEqual(dirty.rows, {
      read: clean.rows.read + 19,
      accepted: clean.rows.read + 6,
      rejected: 6,
      excluded: 2,
      duplicate: 4,
      blank: 1,
    })
    assert.deepEqual(dirty.issues, {
      ROW_DATE_INVALID: 3,
      ROW_REQUIRED: 2,
      ROW_COLUMNS: 1,
      ROW_PHONE_INVALID: 2,
      ROW_LANGUAGE_UNKNOWN: 1,
      ROW_ROLE_UNKNOWN: 1,
      ROW_STATUS_UNKNOWN: 2,
    })
    assert.equal(dirty.clients.length, clean.clients.length + 2)
    assert.equal(dirty.cases.length, clean.cases.length + 2)
    assert.equal(dirty.events.filter(({ status }) => status === 'unknown').length, 2)
    assert.equal(dirty.contacts.filter(({ status }) => status === 'invalid').length, 2)
    const roles = dirty.events.flatMap(({ participants }) => participants.map(({ role }) => role))
    assert.equal(roles.filter((role) => role === 'other').length, 1)
  })

  it('means the same hearings in every layout', () => {
    const plain = (name: LayoutName) =>
      expectRecords(night, name).events.map(({ caseNumber, startsAt, status, participants }) => ({
        caseNumber,
        startsAt,
        status,
        participants: participants.map(({ clientReference, role }) => [clientReference, role]),
      }))
    for (const name of layoutNames) assert.deepEqual(plain(name), plain('ecr-csv'))
  })

  it('expects each start in UTC by the rules of its own day', () => {
    const { events } = expectRecords(night)
    const offsets = new Map<number, string[]>()
    for (const { startsAt, localDate, localTime } of events) {
      const hours = (Date.parse(startsAt) - Date.parse(`${localDate}T${localTime}:00Z`)) / 3_600_000
      offsets.set(hours, [...(offsets.get(hours) ?? []), localDate])
    }
    assert.deepEqual([...offsets.keys()].sort(), [5, 6])
    for (const day of offsets.get(5) ?? []) assert.ok(day >= '2027-03-14' && day < '2027-11-07')
    for (const day of offsets.get(6) ?? []) assert.ok(day < '2027-03-14' || day >= '2027-11-07')
  })

  it('expects Arizona to leave its clocks alone', () => {
    const phoenix = createCourt({ ...court.options, timeZone: 'America/Phoenix' })
    for (const { startsAt, localDate, localTime } of expectRecords(createNight(phoenix, 0)).events)
      assert.equal(Date.parse(startsAt), Date.parse(`${localDate}T${localTime}:00-07:00`))
  })

  it('expects a name in one column in capitals and in parts, without letters that the file cannot hold', () => {
    const { clients } = expectRecords(night, 'windows-1252-semicolon')
    assert.ok(clients.some(({ suffix }) => suffix === 'JR' || suffix === 'III'))
    for (const { fullName, firstName, middleName, lastName, suffix } of clients) {
      assert.equal(iconv.decode(iconv.encode(fullName, 'win1252'), 'win1252'), fullName)
      assert.ok(!fullName.includes('?'))
      if (firstName === null) assert.equal(lastName, null)
      else
        assert.equal(
          fullName,
          `${lastName ?? ''}, ${[firstName, middleName, suffix].filter((part) => part !== null).join(' ')}`,
        )
    }
  })
})
