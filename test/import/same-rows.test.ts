import assert from 'node:assert/strict'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import ExcelJS from 'exceljs'
import fc from 'fast-check'
import iconv from 'iconv-lite'
import { after, before, describe, it } from 'mocha'
import { createFindings } from '../../src/import/findings.ts'
import { parseTemplate } from '../../src/import/parse-template.ts'
import { readTable } from '../../src/import/read-table.ts'
import type { LoadRow } from '../../src/records/index.ts'
import { courtColumns, courtTable, courtTemplate, writeText } from './court-tables.ts'
import type { Cells } from './court-tables.ts'

const template = parseTemplate(JSON.stringify(courtTemplate))
let folder = ''
let count = 0

/** What a file says: its good rows without the digest of their cells, its rejected ones and its issues, by row number. */
async function read(content: Buffer, ending: string) {
  const path = join(folder, `${++count}.${ending}`)
  await writeFile(path, content)
  const findings = createFindings()
  const input = { path, template, timeZone: 'America/Chicago', region: 'US', isRejectsFile: false }
  const opened = await readTable(input, findings)
  const good: Omit<LoadRow, 'fingerprint'>[] = []
  const rejected: unknown[] = []
  try {
    for await (const batch of opened.batches()) {
      good.push(...batch.good.map(({ fingerprint: _, ...rest }) => rest))
      rejected.push(...batch.rejected.map(({ row, issues }) => [row, issues]))
    }
  } finally {
    await opened.close()
    await rm(path)
  }
  const issues = findings.issues.list().map(({ firstRows, ...issue }) => {
    const rows = firstRows.map(({ row }) => row)
    return JSON.stringify({ ...issue, rows })
  })
  return { good, rejected, issues: issues.sort(), counts: findings.rows }
}

async function writeWorkbook(rows: readonly Cells[]): Promise<Buffer> {
  const book = new ExcelJS.Workbook()
  const sheet = book.addWorksheet('Report')
  for (const cells of [courtColumns, ...rows]) sheet.addRow([...cells])
  return Buffer.from(await book.xlsx.writeBuffer())
}

describe('the same rows', () => {
  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'dd-same-'))
  })
  after(() => rm(folder, { recursive: true, force: true }))

  it('say the same in CSV, in text with any delimiter, encoding and line end, and in a workbook', async () => {
    const dialect = fc.record({
      delimiter: fc.constantFrom('|', ';', '\t', '^', ','),
      lineEnd: fc.constantFrom('\r\n', '\n', '\r'),
      encoding: fc.constantFrom('utf-8', 'utf-16le', 'utf-16be'),
      addBOM: fc.boolean(),
      quotesAll: fc.boolean(),
    })
    await fc.assert(
      fc.asyncProperty(courtTable, dialect, async (rows, { encoding, addBOM, ...how }) => {
        const csv = await read(Buffer.from(writeText(rows)), 'csv')
        // Without a mark UTF-16 is known by its NULs, which text of other scripts has too few of.
        const isMarked = addBOM || encoding !== 'utf-8'
        const text = iconv.encode(writeText(rows, how), encoding, { addBOM: isMarked })
        assert.deepEqual(await read(text, 'txt'), csv)
        assert.deepEqual(await read(await writeWorkbook(rows), 'xlsx'), csv)
      }),
      { numRuns: 60 },
    )
  })

  it('say the same in any order', async () => {
    const shuffled = courtTable.chain((rows) =>
      fc.tuple(
        fc.constant(rows),
        fc.shuffledSubarray(
          rows.map((_, index) => index),
          { minLength: rows.length },
        ),
      ),
    )
    const facts = (good: readonly Omit<LoadRow, 'fingerprint'>[]) =>
      good.map(({ row: _, ...rest }) => JSON.stringify(rest)).sort()
    await fc.assert(
      fc.asyncProperty(shuffled, async ([rows, order]) => {
        const one = await read(Buffer.from(writeText(rows)), 'csv')
        const moved = order.map((index) => rows[index] ?? [])
        const other = await read(Buffer.from(writeText(moved)), 'csv')
        assert.deepEqual(facts(other.good), facts(one.good))
        assert.deepEqual(other.counts, one.counts)
      }),
      { numRuns: 40 },
    )
  })

  /** Sizes of the pieces in which readers may take a file. */
  for (const kib of [64, 256, 1024])
    it(`say the same wherever a piece of ${kib} KiB ends in them`, async () => {
      const odd: Cells[] = [
        [
          '0000123',
          '李, 明 𠮷',
          'Defendant',
          'Spanish',
          '',
          '',
          '1/15/2027',
          'NOON',
          '',
          'Annex\r\n"2nd" floor',
          'CR-1',
          '',
        ],
        [
          '9007199254740993',
          'SMITH "JACK", JO',
          '',
          '',
          '',
          '',
          '1/15/2027',
          '8:30 AM',
          '',
          '5\'10"',
          'CR-2',
          'a, b',
        ],
      ]
      const alone = await read(Buffer.from(writeText(odd)), 'csv')
      const facts = (good: readonly Omit<LoadRow, 'fingerprint'>[]) =>
        good.map(({ row: _, ...rest }) => rest)
      const text = writeText(odd).slice(courtColumns.join(',').length + 2)
      const size = Buffer.byteLength(text)
      const filler = `F,"FILL, ANN",,,,,1/15/2027,8:30 AM,,Annex,CR-F,${'x'.repeat(400)}\r\n`
      const head = `${courtColumns.join(',')}\r\n`
      const fillers = Math.floor((kib * 1024 - size - 2000) / filler.length)
      for (let back = 0; back <= size + 2; back += 1 + Math.floor(back / 40)) {
        const before_ = head + filler.repeat(fillers)
        const pad = kib * 1024 - back - Buffer.byteLength(before_) - `P,,,,,,,,,,,\r\n`.length
        const content = `${before_}P,,,,,,,,,,,${'p'.repeat(pad)}\r\n${text}`
        const { good, counts } = await read(Buffer.from(content), 'csv')
        assert.equal(counts.rejected, 1)
        assert.deepEqual(
          facts(good.slice(-odd.length)),
          facts(alone.good),
          `${back} before the end`,
        )
      }
    }).timeout(120_000)
})
