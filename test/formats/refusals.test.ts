import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { gzipSync } from 'node:zlib'
import { examineFile, openTable, sniff } from '../../src/formats/index.ts'
import { FileError } from '../../src/errors/index.ts'
import { makeWorkbook, makeZip } from './make-zip.ts'
import { useTempFiles } from './temp-files.ts'

const files = useTempFiles()

/** An OLE file with one directory sector far behind the head, as big protected workbooks have it. */
function makeOle(streamNames: string[]): Buffer {
  const ole = Buffer.alloc(200 * 512)
  Buffer.from('d0cf11e0a1b11ae1', 'hex').copy(ole)
  ole.writeUInt16LE(9, 0x1e)
  ole.writeUInt32LE(190, 0x30)
  for (const [at, name] of streamNames.entries()) ole.write(name, 191 * 512 + at * 128, 'utf16le')
  return ole
}

const workbook = makeWorkbook({ rows: '<row r="1"><c r="A1"><v>1</v></c></row>' })

describe('a file that cannot be used', () => {
  const cases: [string, string | Buffer, string, string][] = [
    ['empty', '', 'FILE_EMPTY', 'empty'],
    ['a PDF', '%PDF-1.7\n%\xe2\xe3', 'FORMAT_UNSUPPORTED', 'pdf'],
    ['gzip', gzipSync('a,b\n1,2\n'), 'FORMAT_UNSUPPORTED', 'gzip'],
    ['a zip of a CSV', makeZip([{ name: 'a.csv', content: 'a,b\n' }]), 'FORMAT_UNSUPPORTED', 'zip'],
    ['HTML named .xls', '<html><table><tr><td>1</td></tr></table>', 'FORMAT_UNSUPPORTED', 'html'],
    ['XML', '<?xml version="1.0"?><rows/>', 'FORMAT_UNSUPPORTED', 'xml'],
    ['an old workbook', makeOle(['Root Entry', 'Workbook']), 'WORKBOOK_LEGACY', 'xls'],
    [
      'a protected workbook',
      makeOle(['Root Entry', 'EncryptedPackage']),
      'WORKBOOK_ENCRYPTED',
      'workbook-encrypted',
    ],
    ['random bytes', randomBytes(5_000), 'BINARY_CONTENT', 'binary'],
    ['text full of NULs', 'a,b\0\0\0\n'.repeat(100), 'BINARY_CONTENT', 'binary'],
    [
      'a workbook with macros',
      makeWorkbook({ rows: '', extra: [{ name: 'xl/vbaProject.bin', content: 'x' }] }),
      'FORMAT_UNSUPPORTED',
      'xlsx-macros',
    ],
    [
      'a binary workbook',
      makeZip([
        { name: '[Content_Types].xml', content: '' },
        { name: 'xl/workbook.bin', content: '' },
      ]),
      'FORMAT_UNSUPPORTED',
      'xlsb',
    ],
    ['a workbook that was cut off', workbook.subarray(0, 900), 'WORKBOOK_CORRUPT', 'xlsx-damaged'],
  ]
  for (const [name, content, code, kind] of cases) {
    it(`is refused with a sentence and a hint: ${name}`, async () => {
      const path = await files.write(content)
      assert.equal((await sniff(path)).kind, kind)
      await assert.rejects(openTable(path), (error: unknown) => {
        assert.ok(error instanceof FileError)
        assert.equal(error.code, code)
        assert.match(error.message, /^[A-Z].*\.$/)
        assert.match(error.hint, /\w/)
        return true
      })
    })

    it(`is ${kind === 'xlsx-damaged' ? '' : 'not '}held as truncated: ${name}`, async () => {
      const path = await files.write(content)
      const { evidence } = await examineFile(path, { fileName: 'a.xlsx' })
      const expected = kind === 'xlsx-damaged' ? 'missing' : 'complete'
      assert.equal(evidence.verdict, expected)
    })
  }

  it('is refused when the template expects another kind', async () => {
    const csv = await files.write('a,b\n1,2\n', 'named.xlsx')
    await assert.rejects(openTable(csv, { format: 'xlsx' }), { code: 'FORMAT_UNSUPPORTED' })
    const xlsx = await files.write(workbook, 'named.csv')
    await assert.rejects(openTable(xlsx, { format: 'csv' }), { code: 'FORMAT_UNSUPPORTED' })
  })
})

describe('sniff', () => {
  it('says what a text file is made of', async () => {
    assert.deepEqual(await sniff(await files.write('a|b|c\r\n1|2|3\r\n')), {
      kind: 'text',
      bytes: 14,
      encoding: 'utf-8',
      markedEncoding: null,
      delimiter: '|',
      usualWidth: 3,
      hasSeparatorLine: false,
    })
  })
})
