import assert from 'node:assert/strict'
import ExcelJS from 'exceljs'
import fc from 'fast-check'
import { describe, it } from 'mocha'
import { toReceipt } from '../../src/inbox/index.ts'
import { courtColumns, courtTemplate, writeText } from './court-tables.ts'
import type { Cells } from './court-tables.ts'
import { useImportHouse } from './import-house.ts'

/**
 * A night in which no row contradicts another, so that their order carries no meaning: shared hearings, several contacts,
 * a client in several roles, blanks here and values there, equal rows, a reset with its new date, rows that are rejected.
 */
const night: readonly Cells[] = [
  [
    '1',
    'DOE, JANE',
    'Defendant',
    'Spanish',
    '512-555-0101',
    '',
    '1/15/2027',
    '8:30 AM',
    'Scheduled',
    'Annex',
    'CR-1',
    '',
  ],
  [
    '1',
    'DOE, JANE',
    'Defendant',
    '',
    '512-555-0102',
    'j@example.com',
    '1/15/2027',
    '8:30 AM',
    '',
    '',
    'CR-1',
    'a',
  ],
  [
    '1',
    'DOE, JANE',
    'Defendant',
    'Spanish',
    '512-555-0101',
    '',
    '1/15/2027',
    '8:30 AM',
    'Scheduled',
    'Annex',
    'CR-1',
    '',
  ],
  [
    '2',
    'ROE, RICK',
    'Attorney',
    '',
    '',
    'r@example.org',
    '1/15/2027',
    '8:30 AM',
    'Scheduled',
    'Annex',
    'CR-1',
    '',
  ],
  ['2', 'ROE, RICK', 'Witness', '', '', '', '2/1/2027', 'NOON', 'Scheduled', 'Main, 2', 'CR-2', ''],
  [
    '3',
    'ACE, LLC',
    'Bondsman',
    '',
    '555-0103',
    '',
    '2/1/2027',
    'NOON',
    'Scheduled',
    'Main, 2',
    'CR-2',
    '',
  ],
  [
    '4',
    'LEE, ANN',
    'Defendant',
    'Korean',
    '',
    '',
    '3/1/2027',
    '9:00 AM',
    'Reset',
    'Annex',
    'CR-3',
    '',
  ],
  [
    '4',
    'LEE, ANN',
    'Defendant',
    'Korean',
    '',
    '',
    '4/1/2027',
    '9:00 AM',
    'Scheduled',
    'Annex',
    'CR-3',
    '',
  ],
  [
    '5',
    'BAD, DATE',
    'Defendant',
    '',
    '',
    '',
    '13/45/2027',
    '9:00 AM',
    'Scheduled',
    'Annex',
    'CR-4',
    '',
  ],
  ['', 'NO, ID', 'Defendant', '', '', '', '1/15/2027', '9:00 AM', 'Scheduled', 'Annex', 'CR-5', ''],
  ['6', 'VOID, VERA', 'Defendant', '', '', '', '1/15/2027', '', 'Vacated', 'Annex', 'CR-6', ''],
]
const kinds = ['clients', 'contacts', 'cases', 'events', 'locations', 'judges', 'payments'] as const

/** The bytes in pieces of the given sizes, over and over. */
async function* cut(bytes: Buffer, sizes: readonly number[]): AsyncGenerator<Buffer> {
  for (let at = 0, turn = 0; at < bytes.length; turn++) {
    const size = sizes[turn % sizes.length] ?? 1
    yield await Promise.resolve(bytes.subarray(at, at + size))
    at += size
  }
}

describe('the records of a file', function () {
  this.timeout(60_000)
  const house = useImportHouse()

  /** Everything that is left in a new agency by one file, without ids. */
  async function importAnew(bytes: Buffer, fileName: string, sizes: readonly number[] = [1 << 20]) {
    const agency = await house.openAgency(courtTemplate)
    const sender = { agency, account: agency.agency, source: 'cli' } as const
    const { uploadId } = await house.inbox.receiving.receiveWhole(
      sender,
      fileName,
      cut(bytes, sizes),
    )
    while (await house.inbox.settleOnce());
    while (await house.importer.runOnce());
    const upload = await house.inbox.uploads.get(agency.agencyId, uploadId)
    assert.equal(upload.state, 'imported-with-rejects', upload.explanation ?? '')
    const found: Record<string, string[]> = {}
    for (const kind of kinds) {
      const records = await house.list(agency, kind)
      const starts = new Map(records.map(({ eventId, localDate }) => [eventId, localDate]))
      found[kind] = records
        .map(({ eventId: _, ...record }) =>
          'rescheduledFrom' in record
            ? { ...record, rescheduledFrom: starts.get(record['rescheduledFrom']) ?? null }
            : record,
        )
        .map((record) => JSON.stringify(record))
        .sort()
    }
    const { rows, records, events, issues } = toReceipt(upload)
    const counts = issues
      .map(({ code, column, count }) => `${code} ${column ?? ''} ${count}`)
      .sort()
    return { found, told: { rows, records, events, counts } }
  }

  it('are the same in any order of the rows', async () => {
    const plain = await importAnew(Buffer.from(writeText(night)), 'night.csv')
    assert.deepEqual(plain.told.rows, {
      ...{ read: 11, accepted: 8, rejected: 2, excluded: 0, duplicate: 1, blank: 0, ignored: 0 },
    })
    assert.equal(plain.told.events.rescheduled, 1)
    await fc.assert(
      fc.asyncProperty(
        fc.shuffledSubarray([...night], { minLength: night.length }),
        async (rows) => {
          assert.deepEqual(await importAnew(Buffer.from(writeText(rows)), 'night.csv'), plain)
        },
      ),
      { numRuns: 12 },
    )
  })

  it('are the same however the bytes were cut on the way', async () => {
    const bytes = Buffer.from(`\ufeff${writeText(night)}`)
    const plain = await importAnew(bytes, 'night.csv')
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.integer({ min: 1, max: 40 }), { minLength: 1, maxLength: 20 }),
        async (sizes) => {
          assert.deepEqual(await importAnew(bytes, 'night.csv', sizes), plain)
        },
      ),
      { numRuns: 6 },
    )
  })

  it('are the same from CSV, from text and from a workbook', async () => {
    const csv = await importAnew(Buffer.from(writeText(night)), 'night.csv')
    const text = Buffer.from(writeText(night, { delimiter: '|', lineEnd: '\n' }))
    assert.deepEqual(await importAnew(text, 'night.txt'), csv)
    const book = new ExcelJS.Workbook()
    const sheet = book.addWorksheet('Report')
    for (const cells of [courtColumns, ...night]) sheet.addRow([...cells])
    const workbook = Buffer.from(await book.xlsx.writeBuffer())
    assert.deepEqual(await importAnew(workbook, 'night.xlsx'), csv)
  })
})
