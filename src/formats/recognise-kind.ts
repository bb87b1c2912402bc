import type { FileHandle } from 'node:fs/promises'
import { readEntryNames } from './archive-names.ts'
import { isPgpMessage } from './containers/recognise-pgp.ts'

/** What a file is by its bytes, whatever its name says. */
export type FileKind =
  | 'text'
  | 'xlsx'
  | 'xlsx-damaged'
  | 'xlsx-macros'
  | 'xls'
  | 'workbook-encrypted'
  | 'xlsb'
  | 'ods'
  | 'pdf'
  | 'gzip'
  | 'zip'
  | 'pgp'
  | 'html'
  | 'xml'
  | 'binary'
  | 'empty'

const ole = Buffer.from('d0cf11e0a1b11ae1', 'hex')
const encryptionMarks = ['EncryptedPackage', 'EncryptionInfo'].map((mark) =>
  Buffer.from(mark, 'utf16le'),
)

/**
 * Recognises a file by its first bytes; archives and OLE files also by their directory.
 *
 * Anything without a known beginning is `text`: `detectEncoding` then says whether it can be read as such.
 */
export async function recogniseKind(
  path: string,
  file: FileHandle,
  head: Buffer,
): Promise<FileKind> {
  if (head.length === 0) return 'empty'
  if (head.subarray(0, 8).equals(ole)) return recogniseOle(file, head)
  if (head.subarray(0, 4).equals(Buffer.from('PK\x03\x04', 'latin1'))) {
    return recogniseZip(await readEntryNames(path), head)
  }
  const start = head.subarray(0, 1024).toString('latin1')
  if (start.startsWith('PK\x05\x06')) return 'zip'
  if (/^(\xef\xbb\xbf)?\s*%PDF-/.test(start)) return 'pdf'
  if (start.startsWith('\x1f\x8b')) return 'gzip'
  if (isPgpMessage(head)) return 'pgp'
  const letters = start.replaceAll('\0', '').replace(/^(\xef\xbb\xbf|\xff\xfe|\xfe\xff)?\s*/, '')
  if (/^<(!doctype\s+html|html|head|body|table|meta|style)\b/i.test(letters)) return 'html'
  if (letters.startsWith('<?xml')) return /<html/i.test(letters) ? 'html' : 'xml'
  return 'text'
}

/** Password-protected workbooks are OLE files too: the names of their streams tell (ECMA-376 part 2, MS-OFFCRYPTO 2.3). */
async function recogniseOle(file: FileHandle, head: Buffer): Promise<FileKind> {
  const directory = Buffer.alloc(8192)
  if (head.length >= 0x34) {
    const sectorSize = 2 ** Math.min(head.readUInt16LE(0x1e), 16)
    const offset = (head.readUInt32LE(0x30) + 1) * sectorSize
    await file.read(directory, 0, directory.length, offset)
  }
  const isEncrypted = encryptionMarks.some(
    (mark) => head.includes(mark) || directory.includes(mark),
  )
  return isEncrypted ? 'workbook-encrypted' : 'xls'
}

/** `names` is undefined where the archive's directory cannot be read, as in one that was cut off. */
function recogniseZip(names: ReadonlySet<string> | undefined, head: Buffer): FileKind {
  const start = head.toString('latin1')
  if (!names) {
    return /\[Content_Types\]\.xml|xl\/(workbook|worksheets|styles|sharedStrings)/.test(start)
      ? 'xlsx-damaged'
      : 'zip'
  }
  if (start.includes('application/vnd.oasis.opendocument.spreadsheet')) return 'ods'
  if (names.has('xl/workbook.bin')) return 'xlsb'
  if (!names.has('[Content_Types].xml') || !names.has('xl/workbook.xml')) return 'zip'
  return names.has('xl/vbaProject.bin') ? 'xlsx-macros' : 'xlsx'
}
