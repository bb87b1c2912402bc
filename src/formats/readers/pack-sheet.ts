import { Readable } from 'node:stream'
import type { Entry, ZipFile } from 'yauzl'
import { createPrefixRemover, findPrefix } from './remove-prefix.ts'
import type { SheetPart, WorkbookParts } from './workbook-parts.ts'

const relationsXml = `<?xml version="1.0" encoding="UTF-8"?><Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships"><Relationship Id="rId1" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/worksheet" Target="worksheets/sheet1.xml"/></Relationships>`

const workbookXml = (countsFrom1904: boolean) =>
  `<?xml version="1.0" encoding="UTF-8"?><workbook xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main" xmlns:r="http://schemas.openxmlformats.org/officeDocument/2006/relationships"><workbookPr date1904="${countsFrom1904 ? 1 : 0}"/><sheets><sheet name="Sheet1" sheetId="1" r:id="rId1"/></sheets></workbook>`

const noStringsXml = `<?xml version="1.0" encoding="UTF-8"?><sst xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"/>`

/**
 * A workbook of one sheet as a stream of zip bytes, its parts in the order that exceljs's streaming reader needs.
 *
 * That reader takes parts as they come: with strings after the sheet it spills sheets into temporary files, with styles after
 * it dates stay numbers, with the workbook part late it fails (exceljs#1329, #1430, #3064). So it gets table of contents,
 * styles, strings, sheet, and nothing else; the packed bytes are passed on as they are.
 */
export function packSheet(
  archive: ZipFile,
  { styles, sharedStrings, countsFrom1904 }: WorkbookParts,
  sheet: SheetPart,
): Readable {
  async function* write(): AsyncGenerator<Buffer> {
    yield* storeText('xl/_rels/workbook.xml.rels', relationsXml)
    yield* storeText('xl/workbook.xml', workbookXml(countsFrom1904))
    if (styles) yield* copyPart(archive, styles, 'xl/styles.xml')
    if (sharedStrings) yield* copyPart(archive, sharedStrings, 'xl/sharedStrings.xml')
    else yield* storeText('xl/sharedStrings.xml', noStringsXml)
    yield* copyPart(archive, sheet.entry, 'xl/worksheets/sheet1.xml')
    yield endRecord()
  }
  return Readable.from(write(), { objectMode: false })
}

function* storeText(name: string, text: string): Generator<Buffer> {
  const bytes = Buffer.from(text)
  yield localHeader(name, 0, bytes.length, bytes.length)
  yield bytes
}

async function* copyPart(archive: ZipFile, entry: Entry, name: string): AsyncGenerator<Buffer> {
  const prefix = await findPrefix(await archive.openReadStreamPromise(entry))
  if (prefix === '') {
    const { compressionMethod, compressedSize, uncompressedSize } = entry
    yield localHeader(name, compressionMethod, compressedSize, uncompressedSize)
    yield* (await archive.openReadStreamPromise(entry, {
      decodeFileData: false,
    })) as AsyncIterable<Buffer>
    return
  }
  // The header tells the size, so the plain text is made twice: once to count, once to pass on.
  const stripped = async () =>
    createPrefixRemover(prefix)(await archive.openReadStreamPromise(entry))
  let size = 0
  for await (const piece of await stripped()) size += piece.length
  yield localHeader(name, 0, size, size)
  yield* await stripped()
}

/** APPNOTE.TXT 4.3.7; the checksum is left out, because `checkArchive` has seen to it. */
function localHeader(name: string, method: number, packed: number, unpacked: number): Buffer {
  const header = Buffer.alloc(30 + name.length)
  header.writeUInt32LE(0x04034b50, 0)
  header.writeUInt16LE(20, 4)
  header.writeUInt16LE(method, 8)
  header.writeUInt32LE(packed, 18)
  header.writeUInt32LE(unpacked, 22)
  header.writeUInt16LE(name.length, 26)
  header.write(name, 30, 'latin1')
  return header
}

/** APPNOTE.TXT 4.3.16, empty: the reader goes by local headers. */
function endRecord(): Buffer {
  const record = Buffer.alloc(22)
  record.writeUInt32LE(0x06054b50, 0)
  return record
}
