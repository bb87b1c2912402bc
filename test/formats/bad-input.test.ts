import assert from 'node:assert/strict'
import { createWriteStream } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { gzipSync } from 'node:zlib'
import iconv from 'iconv-lite'
import { examineFile, openTable } from '../../src/formats/index.ts'
import { makeWorkbook, makeZip } from './make-zip.ts'
import { readInProcess } from './read-in-process.ts'
import { readTable, useTempFiles } from './temp-files.ts'

const files = useTempFiles()

const good = 'Party ID,Name,Case\r\n0000123,"SMITH, ADA",CR-1\r\n'
const cellsOf = async (content: string | Uint8Array) =>
  (await readTable(await files.write(content))).rows.map(({ cells }) => cells)
const row = (number: number, ...cells: string[]) => `<row r="${number}">${cells.join('')}</row>`
const text = (ref: string, value: string) =>
  `<c r="${ref}" t="inlineStr"><is><t>${value}</t></is></c>`

async function writeLarge(name: string, pieces: Iterable<string | Buffer>): Promise<string> {
  const path = await files.write('', name)
  await pipeline(Readable.from(pieces), createWriteStream(path))
  return path
}

function* repeat(piece: string, times: number): Generator<string> {
  for (let at = 0; at < times; at += 1) yield piece
}

describe('bad input: what stands in the cells', () => {
  it('keeps names of inherited properties, formulas and markup as the text they are', async () => {
    const names = ['__proto__', 'constructor', 'toString', '=1+1', '@SUM(A1)', '<b>', '${x}']
    const cells = await cellsOf(`${names.join(',')}\n${names.join(',')}\n`)
    assert.deepEqual(cells, [names, names])
    assert.equal(({} as Record<string, unknown>)['polluted'], undefined)
    const rows = row(
      1,
      ...names.map((name, at) => text(`${'ABCDEFG'[at] ?? ''}1`, name.replace('<', '&lt;'))),
    )
    assert.deepEqual(await cellsOf(makeWorkbook({ rows })), [names])
  })

  it('rejects the row with a NUL and reads the others', async () => {
    const { rows } = await readTable(await files.write(`a,b\n1,x\0y\n${'2,z\n'.repeat(200)}`))
    assert.equal(rows[1]?.problem?.code, 'ROW_TEXT_INVALID')
    assert.equal(rows.filter(({ problem }) => problem).length, 1)
    const book = makeWorkbook({ rows: row(1, text('A1', 'x_x0000_y')) + row(2, text('A2', 'z')) })
    const inBook = await readTable(await files.write(book))
    assert.deepEqual(
      inBook.rows.map(({ problem }) => problem?.code),
      ['ROW_TEXT_INVALID', undefined],
    )
  })

  it('rejects the row with bytes of no character and reads the others', async () => {
    const bytes = Buffer.concat([
      Buffer.from('a,b\n1,Peña\n2,x'),
      Buffer.of(0xff),
      Buffer.from('\n3,José\n'),
    ])
    const { rows, detected } = await readTable(await files.write(bytes))
    assert.equal(detected.encoding, 'utf-8')
    assert.deepEqual(
      rows.map(({ problem }) => problem?.code),
      [undefined, undefined, 'ROW_TEXT_INVALID', undefined],
    )
    const broken = Buffer.from(makeWorkbookXml(text('A1', 'x~y')), 'latin1')
    broken.writeUInt8(0xff, broken.indexOf('~'))
    const inBook = await readTable(await files.write(makeWorkbookOf(broken)))
    assert.equal(inBook.rows[0]?.problem?.code, 'ROW_TEXT_INVALID')
  })

  it('keeps ids beyond 2^53 in text, and says where a spreadsheet has lost their digits', async () => {
    const id = '90071992547409931234'
    assert.deepEqual(await cellsOf(`a,b\n${id},x\n`), [
      ['a', 'b'],
      [id, 'x'],
    ])
    const asText = makeWorkbook({ rows: row(1, text('A1', id)) })
    assert.deepEqual(await cellsOf(asText), [[id]])
    const asNumber = makeWorkbook({ rows: row(1, `<c r="A1"><v>${id}</v></c>`) })
    const { rows } = await readTable(await files.write(asNumber))
    assert.equal(rows[0]?.problem?.code, 'ROW_VALUE_DAMAGED')
  })

  it('gives extreme dates as they are, for the importer to judge', async () => {
    const styles = '<cellXfs><xf/><xf numFmtId="14"/></cellXfs>'
    const values = ['2958465', '2958466', '1E+300', '-40000', '0']
    const rows = values
      .map((value, at) => row(at + 1, `<c r="A${at + 1}" s="1"><v>${value}</v></c>`))
      .join('')
    const cells = await cellsOf(makeWorkbook({ rows, styles }))
    assert.deepEqual(cells.slice(0, 2), [['9999-12-31'], ['2958466']])
    assert.match(cells[2]?.[0] ?? '', /^1000/)
    assert.deepEqual(cells.slice(3), [['-40000'], ['00:00:00']])
  })

  it('reads UTF-16 without a byte order mark, both byte orders', async () => {
    const expected = [
      ['Party ID', 'Name', 'Case'],
      ['0000123', 'SMITH, ADA', 'CR-1'],
    ]
    assert.deepEqual(await cellsOf(iconv.encode(good, 'utf-16le', { addBOM: false })), expected)
    assert.deepEqual(await cellsOf(iconv.encode(good, 'utf-16be', { addBOM: false })), expected)
  })
})

/** The XML of a sheet with one row. */
const makeWorkbookXml = (cell: string) =>
  `<worksheet><sheetData><row r="1">${cell}</row></sheetData></worksheet>`

function makeWorkbookOf(sheetXml: Buffer): Buffer {
  const office = 'http://schemas.openxmlformats.org/officeDocument/2006/relationships'
  return makeZip([
    { name: '[Content_Types].xml', content: '<Types/>' },
    {
      name: 'xl/workbook.xml',
      content: '<workbook><sheets><sheet name="S" r:id="a"/></sheets></workbook>',
    },
    {
      name: 'xl/_rels/workbook.xml.rels',
      content: `<Relationships><Relationship Id="a" Type="${office}/worksheet" Target="worksheets/s.xml"/></Relationships>`,
    },
    { name: 'xl/worksheets/s.xml', content: sheetXml },
  ])
}

describe('bad input: what the file is', () => {
  it('reads a header alone, and rows that are all ragged, for the importer to judge', async () => {
    assert.equal((await cellsOf('a,b,c\r\n')).length, 1)
    assert.deepEqual(
      (await cellsOf('a,b,c\n1\n1,2,3,4\n')).map(({ length }) => length),
      [3, 1, 4],
    )
  })

  it('locates a quote that is never closed and goes on behind it', async () => {
    const { rows } = await readTable(await files.write(`a,b\n1,"x\n${'2,y\n'.repeat(50)}`))
    const bad = rows.filter(({ problem }) => problem)
    assert.deepEqual(
      bad.map(({ line, problem }) => [line, problem?.code]),
      [[2, 'ROW_MALFORMED']],
    )
    assert.equal(rows.length, 52)
  })

  it('refuses entities inside and outside of the workbook, in each of its parts', async () => {
    const type = '<!DOCTYPE x [<!ENTITY a SYSTEM "file:///etc/passwd"><!ENTITY b "&a;&a;">]>'
    const rows = row(1, '<c r="A1" t="s"><v>0</v></c>')
    const parts = [
      'xl/workbook.xml',
      'xl/worksheets/report.xml',
      'xl/sharedStrings.xml',
      'xl/styles.xml',
    ]
    const whole = { rows, sharedStrings: '<si><t>&b;</t></si>', styles: '<cellXfs/>' }
    await assert.rejects(readTable(await files.write(makeWorkbook(whole))), {
      code: 'FILE_MALFORMED',
    })
    for (const part of parts) {
      const quiet = { ...whole, sharedStrings: '<si><t>x</t></si>', doctypes: { [part]: type } }
      const path = await files.write(makeWorkbook(quiet))
      await assert.rejects(readTable(path), { code: 'FORMAT_UNSUPPORTED' }, part)
    }
  })

  it('refuses a sheet whose bytes were changed, though its XML is right', async () => {
    const rows = Array.from({ length: 3_000 }, (_, at) => row(at + 1, text(`A${at + 1}`, `P${at}`)))
    const book = makeZip([
      ...(await listParts(makeWorkbook({ rows: '' }))),
      { name: 'xl/worksheets/report.xml', content: makeSheet(rows.join('')), declaredCrc: 1 },
    ])
    const path = await files.write(book)
    const reader = await openTable(path)
    await assert.rejects(
      async () => {
        for await (const batch of reader.batches()) assert.ok(batch.length > 0)
      },
      { code: 'WORKBOOK_CORRUPT' },
    )
    await reader.close()
    assert.equal((await examineFile(path, { fileName: 'a.xlsx' })).evidence.verdict, 'missing')
  })
})

const makeSheet = (rows: string) =>
  `<worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><sheetData>${rows}</sheetData></worksheet>`

/** The parts of a small workbook but its sheet, for a sheet of one's own. */
async function listParts(book: Buffer): Promise<{ name: string; content: Buffer }[]> {
  const { fromBufferPromise } = await import('yauzl')
  const archive = await fromBufferPromise(book, { lazyEntries: true, autoClose: false })
  const parts: { name: string; content: Buffer }[] = []
  for await (const entry of archive.eachEntry()) {
    const pieces: Buffer[] = []
    for await (const piece of await archive.openReadStreamPromise(entry))
      pieces.push(piece as Buffer)
    if (!entry.fileName.includes('worksheets'))
      parts.push({ name: entry.fileName, content: Buffer.concat(pieces) })
  }
  return parts
}

describe('bad input: what costs too much, with a heap of 96 MB', () => {
  it('refuses a line of 50 MB', async () => {
    const path = await writeLarge('line.csv', repeat('abcdefghi,'.repeat(1000), 5_000))
    const { code, verdict, ms } = await readInProcess(path, 'line.csv')
    assert.deepEqual([code, verdict], ['ROW_TOO_LONG', 'complete'])
    assert.ok(ms < 20_000, `${ms} ms`)
  })

  it('refuses a quote that opens in the first line of 50 MB', async () => {
    const path = await writeLarge('open.csv', [
      ...repeat('"', 1),
      ...repeat('abcdefghi,\n'.repeat(1000), 4_500),
    ])
    const { rows, problems, ms } = await readInProcess(path, 'open.csv')
    assert.deepEqual([rows, problems], [4_500_000, 1])
    assert.ok(ms < 60_000, `${ms} ms`)
  })

  it('reads five million blank lines as nothing', async () => {
    const path = await writeLarge('blank.csv', repeat('\r\n'.repeat(1000), 5_000))
    const { rows, filled, code, ms } = await readInProcess(path, 'blank.csv')
    assert.deepEqual([rows, filled, code], [5_000_000, 0, null])
    assert.ok(ms < 60_000, `${ms} ms`)
  })

  it('refuses five million blank lines in gzip of a thousandth, and a bomb in zip', async () => {
    const blanks = Buffer.alloc(100 * 1_048_576, '\n')
    const path = await files.write(gzipSync(blanks), 'blank.csv.gz')
    const packed = await readInProcess(path, 'blank.csv.gz')
    assert.deepEqual([packed.code, packed.verdict], ['ARCHIVE_BOMB', 'complete'])
    const lying = makeZip([{ name: 'a.csv', content: blanks, declaredSize: 1_000 }])
    const zipped = await readInProcess(await files.write(lying, 'a.zip'), 'a.zip')
    assert.deepEqual([zipped.code, zipped.verdict], ['ARCHIVE_CORRUPT', 'missing'])
  })

  it('refuses a workbook whose sheet, styles or texts say less than they unpack to', async () => {
    const bomb = Buffer.alloc(60 * 1_048_576, ' ')
    for (const name of ['xl/worksheets/report.xml', 'xl/styles.xml', 'xl/media/a.png']) {
      const parts = (await listParts(makeWorkbook({ rows: '' }))).filter(
        (part) => part.name !== name,
      )
      const others = name.includes('worksheets')
        ? []
        : [{ name: 'xl/worksheets/report.xml', content: makeSheet('') }]
      const book = makeZip([...parts, ...others, { name, content: bomb, declaredSize: 2_000 }])
      const { code } = await readInProcess(await files.write(book, 'a.xlsx'), 'a.xlsx')
      assert.equal(code, 'WORKBOOK_CORRUPT', name)
    }
  })

  it('walks to the last row and the last column of a sheet without keeping what lies between', async () => {
    const far = makeWorkbook({
      rows: row(1, text('A1', 'a')) + row(1_048_576, text('A1048576', 'z')),
    })
    const deep = await readInProcess(await files.write(far, 'far.xlsx'), 'far.xlsx')
    assert.deepEqual([deep.rows, deep.filled, deep.code], [1_048_576, 2, null])
    const wide = Array.from({ length: 20_000 }, (_, at) =>
      row(at + 1, text(`XFD${at + 1}`, 'x')),
    ).join('')
    const book = await files.write(makeWorkbook({ rows: wide }), 'wide.xlsx')
    const { rows, problems, code } = await readInProcess(book, 'wide.xlsx')
    assert.deepEqual([rows, problems, code], [20_000, 20_000, null])
  })

  it('reads a large sheet in the same memory as a small one', async () => {
    const cell = (at: number, column: string) =>
      text(`${column}${at}`, `${column} value ${at * 7919}`)
    const rows = Array.from({ length: 60_000 }, (_, at) =>
      row(at + 1, ...['A', 'B', 'C', 'D', 'E', 'F'].map((column) => cell(at + 1, column))),
    )
    const path = await files.write(makeWorkbook({ rows: rows.join('') }), 'large.xlsx')
    assert.ok((await readFile(path)).length > 1_000_000)
    const { filled, code } = await readInProcess(path, 'large.xlsx', 64)
    assert.deepEqual([filled, code], [60_000, null])
  })
})
