import assert from 'node:assert/strict'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import ExcelJS from 'exceljs'
import fc from 'fast-check'
import iconv from 'iconv-lite'
import { after, before, describe, it } from 'mocha'
import { stringify } from 'yaml'
import type { RejectedRow } from '../../src/inbox/index.ts'
import { createFindings } from '../../src/import/findings.ts'
import { parseTemplate } from '../../src/import/parse-template.ts'
import { readTable } from '../../src/import/read-table.ts'
import type { LoadRow } from '../../src/records/index.ts'

let folder = ''
let count = 0

async function read(content: string | Buffer, template: object, name = 'x.csv') {
  const path = join(folder, `${++count}-${name}`)
  await writeFile(path, content)
  const findings = createFindings()
  const parsed = parseTemplate(stringify({ template: 'nightly', ...template }))
  const input = {
    path,
    template: parsed,
    timeZone: 'America/Chicago',
    region: 'US',
    isRejectsFile: false,
  }
  const table = await readTable(input, findings)
  const good: LoadRow[] = []
  const rejected: RejectedRow[] = []
  try {
    for await (const batch of table.batches()) {
      good.push(...batch.good)
      rejected.push(...batch.rejected)
    }
  } finally {
    await table.close()
  }
  const issues = findings.issues
    .list()
    .map(({ code, severity, column, count: n }) => `${severity} ${code} ${column ?? '-'} ${n}`)
  return {
    good,
    rejected,
    issues,
    rows: findings.rows,
    detected: findings.detected,
    only: good[0] as LoadRow,
  }
}

const hearings = {
  columns: {
    'client.reference': 'Party ID',
    'client.fullName': 'Name',
    'event.startsAt': 'When',
    'case.number': 'Case',
  },
}
const line = (id: number, delimiter = ',') =>
  [String(id), 'Lee Ann', '1/15/2027 8:30 AM', `CR-${id}`].join(delimiter)
const csv = (...lines: string[]) => ['Party ID,Name,When,Case', ...lines, ''].join('\r\n')
const none = { read: 0, rejected: 0, excluded: 0, blank: 0, ignored: 0 }

async function workbook(table: readonly (readonly unknown[])[]): Promise<Buffer> {
  const book = new ExcelJS.Workbook()
  const sheet = book.addWorksheet('Report')
  for (const cells of table) sheet.addRow([...cells])
  return Buffer.from(await book.xlsx.writeBuffer())
}

describe('read table', () => {
  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'dd-read-'))
  })
  after(() => rm(folder, { recursive: true, force: true }))

  describe('layouts', () => {
    it('reads pipes in UTF-16LE with dashes under the header and a count at the end', async () => {
      const lines = [
        'Party ID|Name|When|Case',
        '--------|----|----|----',
        line(1, '|'),
        line(2, '|'),
        '',
        '(2 rows affected)',
        '',
      ]
      const { rows, good, detected } = await read(
        iconv.encode(lines.join('\r\n'), 'utf-16le', { addBOM: true }),
        hearings,
        'x.txt',
      )
      assert.deepEqual(rows, { ...none, read: 3, blank: 1, ignored: 2 })
      assert.equal(good.length, 2)
      assert.deepEqual(
        [detected.encoding, detected.delimiter, detected.headerRow],
        ['utf-16le', '|', 1],
      )
    })

    it('reads semicolons in Windows-1252 with a trailer record', async () => {
      const text = [
        'Party ID;Name;When;Case',
        '1;Núñez, José;1/15/2027 8:30 AM;CR-1',
        'TRAILER;1',
        '',
      ].join('\r\n')
      const { rows, only, detected } = await read(iconv.encode(text, 'windows-1252'), hearings)
      assert.deepEqual(rows, { ...none, read: 1, ignored: 1 })
      assert.deepEqual([only.client?.lastName, only.client?.firstName], ['Núñez', 'José'])
      assert.equal(detected.encoding, 'windows-1252')
    })

    it('keeps footers as rows when the template says trailer: none', async () => {
      const { rows } = await read(csv(line(1), 'Total: 1'), { ...hearings, trailer: 'none' })
      assert.deepEqual(rows, { ...none, read: 2, rejected: 1 })
    })

    it('rejects a range of times, and a time with letters and numbers behind it, and reads the rest', async () => {
      const line = (id: number, when: string) => `${id},"LEE, ANN",${when},CR-${id}`
      const text = csv(
        line(1, '12/15/2026 08:30-09:30'),
        line(2, '12/15/2026 08:30-2460'),
        line(3, '12/15/2026 08:30+99'),
        line(4, '12/15/2026 08:30'),
      )
      const { good, rejected } = await read(text, hearings)
      assert.deepEqual(
        good.map(({ event }) => event?.startsAt),
        ['2026-12-15T14:30:00Z'],
      )
      const told = rejected.map(({ issues }) => issues[0])
      assert.deepEqual(
        told.map((issue) => issue?.code),
        ['ROW_DATE_INVALID', 'ROW_DATE_INVALID', 'ROW_DATE_INVALID'],
      )
      assert.match(told[0]?.message ?? '', /"12\/15\/2026 08:30-09:30" holds a range of times/)
      assert.match(told[2]?.message ?? '', /is not a date that can be read/)
    })

    it('ignores titles above and headers repeated in between', async () => {
      const text = [
        'Upcoming hearings,,,',
        ',,,',
        csv(line(1), 'PARTY ID,name,When,Case', line(2)),
      ].join('\r\n')
      const { rows, detected } = await read(text, hearings)
      assert.deepEqual(rows, { ...none, read: 2, ignored: 3 })
      assert.equal(detected.headerRow, 3)
    })

    it('reads a workbook with three title rows and real dates', async () => {
      const table = [
        ['Court of Travis'],
        [],
        ['Run by: x'],
        ['Party ID', 'Name', 'When', 'Case'],
        ['0012', 'LEE, ANN', new Date(Date.UTC(2027, 0, 15, 8, 30)), 'CR-1'],
      ]
      const { only, detected } = await read(await workbook(table), hearings, 'x.xlsx')
      assert.equal(only.event?.startsAt, '2027-01-15T14:30:00Z')
      assert.equal(only.client?.reference, '0012')
      assert.equal(detected.headerRow, 4)
    })

    it('reads a workbook without a header by column number, short rows too', async () => {
      const columns = {
        'client.reference': 1,
        'event.startsAt': 2,
        'case.number': 3,
        'contact.email': 4,
      }
      const table = [
        ['a', '1/15/2027 8:30 AM', 'CR-1', 'a@b.org'],
        ['b', '1/15/2027 8:30 AM', 'CR-2'],
      ]
      const { good, detected, rows } = await read(
        await workbook(table),
        { columns, header: 'none' },
        'x.xlsx',
      )
      assert.deepEqual(
        good.map(({ contacts }) => contacts.length),
        [1, 0],
      )
      assert.deepEqual([detected.headerRow, rows.read], [null, 2])
    })

    it('tells columns that nobody asked for', async () => {
      const { detected } = await read('Party ID,Name,When,Case,Race\r\n', hearings)
      assert.deepEqual(detected.drift, ['new column: Race'])
    })
  })

  describe('rows', () => {
    it('rejects rows with more or fewer cells than the header, never shifting one', async () => {
      const { rows, issues, rejected } = await read(
        csv(line(1), `${line(2)},x`, `${line(3)},,`, '4,Lee'),
        hearings,
      )
      assert.deepEqual(rows, { ...none, read: 4, rejected: 2 })
      assert.deepEqual(issues, ['reject ROW_COLUMNS - 2'])
      assert.deepEqual(
        rejected.map(({ row }) => row),
        [3, 5],
      )
    })

    it('excludes by value, by glob and by blank before it judges cells', async () => {
      const exclude = [
        { column: 'Name', in: ['gone '] },
        { column: 'Case', matches: 'jv-*' },
        { column: 'When', blank: true },
      ]
      const text = csv(line(1), '2,GONE,bad,CR-2', '3,Lee,bad,JV-3', '4,Lee,,CR-4')
      const { rows } = await read(text, { ...hearings, exclude })
      assert.deepEqual(rows, { ...none, read: 4, excluded: 3 })
    })

    it('rejects a row without a required cell under the column’s own name, N/A counting as blank in ids', async () => {
      const { issues } = await read(csv(',Lee,1/15/2027 8:30 AM,N/A'), hearings)
      assert.deepEqual(issues.sort(), [
        'reject ROW_REQUIRED Case 1',
        'reject ROW_REQUIRED Party ID 1',
      ])
    })

    it('takes what the template requires, as far as it is mapped', async () => {
      const { good } = await read(csv('1,Lee,,'), {
        ...hearings,
        required: ['client.reference', 'payment.reference'],
      })
      assert.deepEqual([good[0]?.event, good[0]?.case], [null, null])
    })

    it('rejects control characters in mapped cells only', async () => {
      const text =
        'Party ID,Name,When,Case,Other\r\n1,A\x07B,1/15/2027 8:30 AM,CR-1,x\r\n2,AB,1/15/2027 8:30 AM,CR-2,\x07\r\n'
      const { issues, good } = await read(text, hearings)
      assert.deepEqual(issues, ['reject ROW_TEXT_INVALID Name 1'])
      assert.equal(good.length, 1)
    })

    it('rejects ids that a spreadsheet damaged and texts too long to be stored', async () => {
      const { issues } = await read(
        csv('5.55E+09,Lee,1/15/2027 8:30 AM,CR-1', `6,${'x'.repeat(2001)},1/15/2027 8:30 AM,CR-1`),
        hearings,
      )
      assert.deepEqual(issues.sort(), [
        'reject ROW_TEXT_TOO_LONG Name 1',
        'reject ROW_VALUE_DAMAGED Party ID 1',
      ])
    })

    it('finds every problem of a row at once', async () => {
      const { rejected } = await read(csv('5.55E+09,Lee,13/45/2027,'), hearings)
      assert.deepEqual(rejected[0]?.issues.map(({ code }) => code).sort(), [
        'ROW_DATE_INVALID',
        'ROW_REQUIRED',
        'ROW_VALUE_DAMAGED',
      ])
    })

    it('gives equal rows equal fingerprints and others different ones', async () => {
      const { good } = await read(csv(line(1), line(1), line(2)), hearings)
      const [a, b, c] = good.map(({ fingerprint }) => fingerprint)
      assert.match(a ?? '', /^[0-9a-f]{32}$/)
      assert.deepEqual([a === b, a === c], [true, false])
    })

    it('reads the same rows from every order of the lines', async () => {
      const pool = Array.from({ length: 8 }, (_, index) =>
        index % 3 === 2 ? `${index},Lee,13/45/2027,CR` : line(index),
      )
      await fc.assert(
        fc.asyncProperty(fc.shuffledSubarray(pool, { minLength: pool.length }), async (lines) => {
          const { good, rows } = await read(csv(...lines), hearings)
          assert.deepEqual(
            good.map(({ fingerprint }) => fingerprint).sort(),
            (await read(csv(...pool), hearings)).good.map(({ fingerprint }) => fingerprint).sort(),
          )
          assert.equal(rows.rejected, 2)
        }),
        { numRuns: 15 },
      )
    })

    it('accounts for every line, whatever the cells hold', async () => {
      const cell = fc.oneof(
        fc.string({ unit: 'grapheme', maxLength: 12 }),
        fc.constantFrom('', '1/15/2027', 'N/A', '=1+1', '__proto__'),
      )
      await fc.assert(
        fc.asyncProperty(
          fc.array(fc.tuple(cell, cell, cell, cell), { maxLength: 20 }),
          async (table) => {
            const quote = (text: string) => `"${text.replaceAll('"', '""')}"`
            const { rows, good, rejected } = await read(
              csv(line(0), ...table.map((cells) => cells.map(quote).join(','))),
              hearings,
            )
            assert.equal(rows.read + rows.ignored, table.length + 1)
            assert.equal(rows.read, good.length + rejected.length + rows.blank + rows.excluded)
          },
        ),
        { numRuns: 60 },
      )
    })
  })

  describe('values', () => {
    const columns = {
      'client.reference': 'ID',
      'client.fullName': 'Name',
      'client.language': ['Language', 'Home Language'],
      'client.dateOfBirth': { column: 'DOB', formats: ['MM/dd/yyyy'] },
      'participant.role': 'Role',
      'contact.phone': [{ column: 'Home', label: 'home' }, 'Cell'],
      'event.startsAt': { columns: ['Date', 'Time'], formats: ['M/d/yyyy h:mm a'] },
      'event.status': 'Status',
      'case.number': 'Case',
      'case.type': { constant: 'criminal' },
      'payment.reference': 'Fee',
      'payment.amount': 'Amount',
      'payment.dueOn': 'Due',
    }
    const names = [
      'ID',
      'Name',
      'Language',
      'Home Language',
      'DOB',
      'Role',
      'Home',
      'Cell',
      'Date',
      'Time',
      'Status',
      'Case',
      'Fee',
      'Amount',
      'Due',
    ]
    const usual = { ID: '1', Name: 'LEE, ANN', Date: '1/15/2027', Time: '8:30 AM', Case: 'CR-1' }
    const readOne = (cells: Record<string, string>, more: object = {}) => {
      const all: Record<string, string> = { ...usual, ...cells }
      return read(
        `${names.join('\t')}\r\n${names.map((name) => all[name] ?? '').join('\t')}\r\n`,
        { columns, ...more },
        'x.txt',
      )
    }

    it('joins date and time of two columns', async () => {
      const { only } = await readOne({})
      assert.deepEqual(
        [only.event?.startsAt, only.event?.localDate, only.event?.localTime, only.event?.timeZone],
        ['2027-01-15T14:30:00Z', '2027-01-15', '08:30', 'America/Chicago'],
      )
    })

    it('keeps a day without a time as such, with a warning', async () => {
      const { only, issues } = await readOne({ Time: '' })
      assert.deepEqual([only.event?.startsAt, only.event?.localTime], [null, null])
      assert.deepEqual(issues, ['warning ROW_TIME_MISSING Date 1'])
    })

    it('warns of times that the clock skips or shows twice', async () => {
      assert.deepEqual((await readOne({ Date: '3/14/2027', Time: '2:30 AM' })).issues, [
        'warning ROW_DATE_GAP Date 1',
      ])
      assert.deepEqual((await readOne({ Date: '11/7/2027', Time: '1:30 AM' })).issues, [
        'warning ROW_DATE_OVERLAP Date 1',
      ])
    })

    it('takes all sources of contacts with their labels, and the first of others that is not blank', async () => {
      const { only } = await readOne({
        Home: '512-555-0142',
        Cell: '512-555-0143 / N/A',
        'Home Language': 'Spanish',
      })
      assert.deepEqual(
        only.contacts.map(({ address, label }) => [address, label]),
        [
          ['+15125550142', 'home'],
          ['+15125550143', null],
        ],
      )
      assert.equal(only.client?.language, 'es')
    })

    it('keeps a bad phone as an invalid contact under its own column', async () => {
      const { only, issues } = await readOne({ Cell: '555-0142' })
      assert.deepEqual(only.contacts[0], {
        channel: 'phone',
        address: '555-0142',
        label: null,
        extension: null,
        status: 'invalid',
      })
      assert.deepEqual(issues, ['warning ROW_PHONE_INVALID Cell 1'])
    })

    it('stores unknown statuses, roles and languages as such, with a warning each', async () => {
      const { only, issues } = await readOne({ Status: 'Moved', Role: 'Boss', Language: 'Klingon' })
      assert.deepEqual(
        [
          only.event?.status,
          only.event?.statusText,
          only.role,
          only.roleText,
          only.client?.language,
        ],
        ['unknown', 'Moved', 'other', 'Boss', null],
      )
      assert.deepEqual(issues.sort(), [
        'warning ROW_LANGUAGE_UNKNOWN Language 1',
        'warning ROW_ROLE_UNKNOWN Role 1',
        'warning ROW_STATUS_UNKNOWN Status 1',
      ])
    })

    it('lets the template’s values extend the built-in maps', async () => {
      const values = {
        'event.status': { 'moved ': 'rescheduled', Reset: 'unknown' },
        'participant.role': { BOSS: 'defendant' },
        'client.language': { Klingon: 'Spanish' },
        'case.number': { 'CR-1': 'CR-9' },
      }
      const { only, issues } = await readOne(
        { Status: 'Moved', Role: 'Boss', Language: 'Klingon' },
        { values },
      )
      assert.deepEqual(
        [only.event?.status, only.role, only.client?.language, only.case?.number, issues],
        ['rescheduled', 'defendant', 'es', 'CR-9', []],
      )
      assert.equal((await readOne({ Status: 'Reset' }, { values })).only.event?.status, 'unknown')
    })

    it('takes defaults where the file is blank', async () => {
      const { only } = await readOne(
        {},
        { defaults: { 'client.language': 'vie', 'event.status': 'Vacated' } },
      )
      assert.deepEqual([only.client?.language, only.event?.status], ['vi', 'cancelled'])
    })

    it('keeps the row when only the date of birth is bad', async () => {
      const { only, issues } = await readOne({ DOB: '31/31/1980' })
      assert.equal(only.client?.dateOfBirth, null)
      assert.deepEqual(issues, ['warning ROW_DATE_INVALID DOB 1'])
      assert.equal((await readOne({ DOB: '02/03/1980' })).only.client?.dateOfBirth, '1980-02-03')
    })

    it('reads payments, and rejects amounts that are none', async () => {
      const { only } = await readOne({ Fee: 'F-1', Amount: '$1,250.5', Due: '2/1/2027' })
      assert.deepEqual(only.payment, {
        reference: 'F-1',
        amount: '1250.50',
        dueOn: '2027-02-01',
        status: null,
      })
      assert.deepEqual((await readOne({ Fee: 'F-1', Amount: 'much' })).issues, [
        'reject ROW_AMOUNT_INVALID Amount 1',
      ])
    })

    it('takes constants, and Null as a name', async () => {
      const { only } = await readOne({ Name: 'Null' })
      assert.deepEqual(
        [only.case?.type, only.client?.fullName, only.client?.lastName],
        ['criminal', 'Null', null],
      )
    })

    it('keeps what looks like a formula or markup as it is', async () => {
      const { only } = await readOne({ Name: '=HYPERLINK("x")', Case: '<b>CR</b>' })
      assert.deepEqual([only.client?.fullName, only.case?.number], ['=HYPERLINK("x")', '<b>CR</b>'])
    })
  })
})
