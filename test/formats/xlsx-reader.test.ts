import assert from 'node:assert/strict'
import { readFile } from 'node:fs/promises'
import exceljs from 'exceljs'
import { openTable } from '../../src/formats/index.ts'
import { makeWorkbook, makeZip } from './make-zip.ts'
import { readCells, readTable, useTempFiles } from './temp-files.ts'

const files = useTempFiles()

const cell = (ref: string, inner: string, attributes = '') =>
  `<c r="${ref}"${attributes}>${inner}</c>`
const text = (ref: string, value: string) => cell(ref, `<is><t>${value}</t></is>`, ' t="inlineStr"')
const row = (number: number, ...cells: string[]) => `<row r="${number}">${cells.join('')}</row>`

/** Styles 1: date and time, 2: time, 3: day, 4: five digits. */
const styles =
  '<numFmts count="2"><numFmt numFmtId="164" formatCode="m/d/yyyy\\ h:mm\\ AM/PM"/><numFmt numFmtId="165" formatCode="00000"/></numFmts>' +
  '<fonts count="1"><font/></fonts><fills count="1"><fill/></fills><borders count="1"><border/></borders><cellStyleXfs count="1"><xf/></cellStyleXfs>' +
  '<cellXfs count="5"><xf/><xf numFmtId="164" applyNumberFormat="1"/><xf numFmtId="18" applyNumberFormat="1"/><xf numFmtId="14" applyNumberFormat="1"/><xf numFmtId="165" applyNumberFormat="1"/></cellXfs>'

const write = async (xml: Parameters<typeof makeWorkbook>[0]) =>
  files.write(makeWorkbook(xml), 'a.xlsx')

describe('workbook reader: cells', () => {
  it('gives dates, times and days as the sheet shows them, to the second', async () => {
    const rows = row(
      1,
      cell('A1', '<v>46402.354166666664</v>', ' s="1"'),
      cell('B1', '<v>0.35416666666666669</v>', ' s="2"'),
      cell('C1', '<v>46402</v>', ' s="3"'),
      cell('D1', '<v>46402.354166666664</v>', ' s="2"'),
      cell('E1', '<f>A1</f><v>46402.354166666664</v>', ' s="1"'),
      cell('F1', '<v>46402.999988425923</v>', ' s="1"'),
    )
    assert.deepEqual(await readCells(await write({ rows, styles })), [
      [
        '2027-01-15 08:30:00',
        '08:30:00',
        '2027-01-15',
        '08:30:00',
        '2027-01-15 08:30:00',
        '2027-01-15 23:59:59',
      ],
    ])
  })

  it('counts days from 1904 where the workbook says so', async () => {
    const rows = row(
      1,
      cell('A1', '<v>44940.354166666664</v>', ' s="1"'),
      cell('B1', '<v>0.375</v>', ' s="2"'),
      cell('C1', '<f>A1</f><v>44940.354166666664</v>', ' s="1"'),
    )
    assert.deepEqual(await readCells(await write({ rows, styles, countsFrom1904: true })), [
      ['2027-01-15 08:30:00', '09:00:00', '2027-01-15 08:30:00'],
    ])
  })

  it('gives numbers with all their digits', async () => {
    const values = ['123456789012', '0.1', '1.23E+11', '-5', '1E-7', '0.30000000000000004']
    const cells = values.map((value, at) => cell(`${'ABCDEF'[at] ?? ''}1`, `<v>${value}</v>`))
    assert.deepEqual(await readCells(await write({ rows: row(1, ...cells) })), [
      ['123456789012', '0.1', '123000000000', '-5', '0.0000001', '0.3'],
    ])
  })

  it('shows the leading zeros that a format shows', async () => {
    const rows = row(1, cell('A1', '<v>123</v>', ' s="4"'))
    assert.deepEqual(await readCells(await write({ rows, styles })), [['00123']])
  })

  it('rejects a row with an id of more digits than a spreadsheet can keep', async () => {
    const rows = row(1, text('A1', 'x'), cell('B1', '<v>12345678901234567890</v>'))
    const table = await readTable(await write({ rows }))
    assert.equal(table.rows[0]?.problem?.code, 'ROW_VALUE_DAMAGED')
  })

  it('reads shared, rich, inline and escaped text', async () => {
    const sharedStrings =
      '<si><t>plain</t></si><si><r><t>ri</t></r><r><rPr><b/></rPr><t>ch</t></r></si><si><t>a_x000D_&#10;b</t></si><si><t/></si>'
    const rows = row(
      1,
      ...['A', 'B', 'C', 'D'].map((column, at) => cell(`${column}1`, `<v>${at}</v>`, ' t="s"')),
      text('E1', 'Pe&#241;a &amp; Co'),
    )
    assert.deepEqual(await readCells(await write({ rows, sharedStrings })), [
      ['plain', 'rich', 'a\r\nb', '', 'Peña & Co'],
    ])
  })

  it('takes formulas by their saved value, booleans and errors as text', async () => {
    const rows = row(
      1,
      cell('A1', '<f>1+1</f><v>2</v>'),
      cell('B1', '<f>"a"</f><v>abc</v>', ' t="str"'),
      cell('C1', '<v>1</v>', ' t="b"'),
      cell('D1', '<v>#N/A</v>', ' t="e"'),
      cell('E1', '<f>1/0</f><v>#DIV/0!</v>', ' t="e"'),
      cell('F1', '<f>NOW()</f>'),
      cell('G1', '<f t="shared" si="0"/><v>7</v>'),
      cell('H1', '<f>1-1</f><v>0</v>'),
      text('I1', 'end'),
    )
    assert.deepEqual(await readCells(await write({ rows })), [
      ['2', 'abc', 'TRUE', '#N/A', '#DIV/0!', '', '7', '0', 'end'],
    ])
  })

  it('reads workbooks whose elements carry a prefix', async () => {
    const xml = `<?xml version="1.0"?><x:worksheet xmlns:x="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><x:sheetData>${Array.from({ length: 3000 }, (_, at) => `<x:row r="${at + 1}"><x:c r="A${at + 1}" t="inlineStr"><x:is><x:t>n x:${at}</x:t></x:is></x:c></x:row>`).join('')}</x:sheetData></x:worksheet>`
    const relations =
      '<Relationships><Relationship Id="r1" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/worksheet" Target="worksheets/sheet1.xml"/></Relationships>'
    const path = await files.write(
      makeZip([
        { name: '[Content_Types].xml', content: '' },
        {
          name: 'xl/workbook.xml',
          content:
            '<x:workbook xmlns:x="y" xmlns:r="z"><x:sheets><x:sheet name="S" sheetId="1" r:id="r1"/></x:sheets></x:workbook>',
        },
        { name: 'xl/_rels/workbook.xml.rels', content: relations },
        { name: 'xl/worksheets/sheet1.xml', content: xml },
      ]),
    )
    const cells = await readCells(path)
    assert.equal(cells.length, 3000)
    assert.deepEqual(cells[2999], ['n x:2999'])
  })
})

describe('workbook reader: rows and sheets', () => {
  it('keeps the numbers of rows: blank ones between count, formats behind the data do not', async () => {
    const rows =
      row(2, text('B2', 'x')) + row(4, text('A4', 'y')) + row(9, cell('A9', '', ' s="1"'))
    const table = await readTable(await write({ rows, styles }))
    assert.deepEqual(table.rows, [
      { row: 1, line: 1, cells: [] },
      { row: 2, line: 2, cells: ['', 'x'] },
      { row: 3, line: 3, cells: [] },
      { row: 4, line: 4, cells: ['y'] },
    ])
  })

  it('refuses a row number that no spreadsheet has, without walking there', async () => {
    const path = await write({ rows: row(99_999_999, text('A99999999', 'x')) })
    await assert.rejects(readTable(path), { code: 'FILE_MALFORMED' })
  })

  /** Written by exceljs: a hidden sheet, a cover, the report under three title rows. */
  async function writeReport(): Promise<string> {
    const book = new exceljs.Workbook()
    book.addWorksheet('Old', { state: 'hidden' }).addRow(['Party ID', 'Name'])
    book.addWorksheet('Cover').addRow(['Nightly hearings'])
    const sheet = book.addWorksheet('Report')
    sheet.mergeCells('A1:D1')
    sheet.getCell('A1').value = 'Hearings'
    sheet.addRow(['Made by Odyssey'])
    sheet.addRow([])
    sheet.addRow(['Party ID', 'Name'])
    for (let at = 1; at <= 1200; at += 1)
      sheet.addRow([`P${at}`, { richText: [{ text: 'SMITH' }] }])
    const path = await files.write('', 'report.xlsx')
    await book.xlsx.writeFile(path)
    return path
  }

  it('takes the visible sheet that pleases, with all its rows', async () => {
    const { detected, rows } = await readTable(await writeReport(), {
      isWanted: (shown) => shown.some(({ cells }) => cells.includes('Party ID')),
    })
    assert.equal(detected.sheet, 'Report')
    assert.equal(rows.length, 1204)
    assert.deepEqual(rows.at(-1), { row: 1204, line: 1204, cells: ['P1200', 'SMITH'] })
  })

  it('takes the first visible sheet with cells where nobody judges or none pleases', async () => {
    const path = await writeReport()
    assert.equal((await readTable(path)).detected.sheet, 'Cover')
    assert.equal((await readTable(path, { isWanted: () => false })).detected.sheet, 'Cover')
  })

  it('takes a sheet by name or by the number of its tab, or says which there are', async () => {
    const path = await writeReport()
    assert.equal((await readTable(path, { sheet: ' report ' })).detected.sheet, 'Report')
    assert.equal((await readTable(path, { sheet: 2 })).detected.sheet, 'Report')
    await assert.rejects(openTable(path, { sheet: 'Docket' }), {
      code: 'SHEET_NOT_FOUND',
      message: /"Cover", "Report"/,
    })
  })

  it('may be left early', async () => {
    const reader = await openTable(await writeReport(), { sheet: 'Report' })
    for await (const rows of reader.batches()) {
      assert.ok(rows.length > 0)
      break
    }
    await reader.close()
  })
})

describe('workbook reader: hostile workbooks', () => {
  const rows = row(1, text('A1', 'x'))

  it('refuses a cell that unpacks to far more than it should', async () => {
    const path = await write({ rows: row(1, text('A1', 'a'.repeat(60_000_000))) })
    await assert.rejects(openTable(path), { code: 'ARCHIVE_BOMB' })
  })

  it('refuses a part that lies about its size or its bytes', async () => {
    const lies = { name: 'xl/media/a.png', content: 'a'.repeat(9_000_000) }
    const short = await write({ rows, extra: [{ ...lies, declaredSize: 10 }] })
    await assert.rejects(openTable(short), { code: 'WORKBOOK_CORRUPT' })
    const wrong = await write({ rows, extra: [{ ...lies, content: 'abc', declaredCrc: 1 }] })
    await assert.rejects(openTable(wrong), { code: 'WORKBOOK_CORRUPT' })
  })

  it('refuses an archive inside, and too many parts', async () => {
    const inner = { name: 'xl/embeddings/a.bin', content: makeWorkbook({ rows }) }
    await assert.rejects(openTable(await write({ rows, extra: [inner] })), { code: 'ARCHIVE_BOMB' })
    const many = Array.from({ length: 1100 }, (_, at) => ({ name: `p${at}`, content: '' }))
    await assert.rejects(openTable(await write({ rows, extra: many })), { code: 'ARCHIVE_BOMB' })
  })

  it('refuses document types, so that entities cannot grow or reach out', async () => {
    const prologue = '<!DOCTYPE a [<!ENTITY b SYSTEM "file:///etc/passwd">]>'
    await assert.rejects(openTable(await write({ rows, prologue })), { code: 'FORMAT_UNSUPPORTED' })
  })

  it('refuses XML that breaks off, with a reason', async () => {
    const path = await write({ rows: '<row r="1"><c r="A1"><v>1</v></row>' })
    await assert.rejects(readTable(path), { code: 'FILE_MALFORMED' })
  })

  it('refuses a workbook cut anywhere, at once', async () => {
    const whole = await readFile(await write({ rows, styles }))
    for (const share of [0.3, 0.6, 0.9, 0.99]) {
      const path = await files.write(whole.subarray(0, Math.floor(whole.length * share)), 'a.xlsx')
      await assert.rejects(openTable(path), { code: 'WORKBOOK_CORRUPT' })
    }
  })
})
