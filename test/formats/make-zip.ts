import { crc32, deflateRawSync } from 'node:zlib'

export interface ZipPart {
  readonly name: string
  readonly content: string | Buffer
  /** Lies, for archives that lie. */
  readonly declaredSize?: number
  readonly declaredCrc?: number
}

/** A zip archive with what a test wants in it, in that order; so that no writer's habits stand between test and reader. */
export function makeZip(parts: readonly ZipPart[]): Buffer {
  const local: Buffer[] = []
  const central: Buffer[] = []
  let offset = 0
  for (const part of parts) {
    const content = Buffer.from(part.content)
    const packed = deflateRawSync(content)
    const fields = Buffer.alloc(26)
    fields.writeUInt16LE(20, 0)
    fields.writeUInt16LE(8, 4)
    fields.writeUInt32LE(part.declaredCrc ?? crc32(content), 10)
    fields.writeUInt32LE(packed.length, 14)
    fields.writeUInt32LE(part.declaredSize ?? content.length, 18)
    fields.writeUInt16LE(part.name.length, 22)
    const head = Buffer.concat([Buffer.from('PK\x03\x04'), fields, Buffer.from(part.name)])
    local.push(head, packed)
    const rest = Buffer.alloc(14)
    rest.writeUInt32LE(offset, 10)
    central.push(
      Buffer.concat([
        Buffer.from('PK\x01\x02\x14\x00'),
        fields.subarray(0, 26),
        rest,
        Buffer.from(part.name),
      ]),
    )
    offset += head.length + packed.length
  }
  const directory = Buffer.concat(central)
  const end = Buffer.alloc(22)
  end.write('PK\x05\x06', 0, 'latin1')
  end.writeUInt16LE(parts.length, 8)
  end.writeUInt16LE(parts.length, 10)
  end.writeUInt32LE(directory.length, 12)
  end.writeUInt32LE(offset, 16)
  return Buffer.concat([...local, directory, end])
}

const main = 'http://schemas.openxmlformats.org/spreadsheetml/2006/main'
const office = 'http://schemas.openxmlformats.org/officeDocument/2006/relationships'

export interface WorkbookXml {
  /** Content of `<sheetData>`. */
  readonly rows: string
  readonly sharedStrings?: string
  readonly styles?: string
  readonly countsFrom1904?: boolean
  /** Before the root of the sheet. */
  readonly prologue?: string
  /** After the sheet's data. */
  readonly epilogue?: string
  readonly extra?: readonly ZipPart[]
  /** By part, what stands before its root. */
  readonly doctypes?: Readonly<Record<string, string>>
}

/** A workbook of one sheet, from XML, with the strings behind the sheet as Excel has them. */
export function makeWorkbook(xml: WorkbookXml): Buffer {
  const link = (id: string, type: string, target: string) =>
    `<Relationship Id="${id}" Type="${office}/${type}" Target="${target}"/>`
  const parts: ZipPart[] = [
    { name: '[Content_Types].xml', content: '<Types/>' },
    {
      name: 'xl/workbook.xml',
      content: `<workbook xmlns="${main}" xmlns:r="${office}"><workbookPr date1904="${xml.countsFrom1904 ? 1 : 0}"/><sheets><sheet name="Docket &amp; more" sheetId="7" r:id="rId1"/></sheets></workbook>`,
    },
    {
      name: 'xl/_rels/workbook.xml.rels',
      content: `<Relationships>${link('rId1', 'worksheet', 'worksheets/report.xml')}${link('rId2', 'sharedStrings', '/xl/sharedStrings.xml')}${link('rId3', 'styles', 'styles.xml')}</Relationships>`,
    },
    {
      name: 'xl/worksheets/report.xml',
      content: `${xml.prologue ?? ''}<worksheet xmlns="${main}"><sheetData>${xml.rows}</sheetData>${xml.epilogue ?? ''}</worksheet>`,
    },
    ...(xml.sharedStrings === undefined
      ? []
      : [
          {
            name: 'xl/sharedStrings.xml',
            content: `<sst xmlns="${main}">${xml.sharedStrings}</sst>`,
          },
        ]),
    ...(xml.styles === undefined
      ? []
      : [
          {
            name: 'xl/styles.xml',
            content: `<styleSheet xmlns="${main}">${xml.styles}</styleSheet>`,
          },
        ]),
    ...(xml.extra ?? []),
  ]
  return makeZip(
    parts.map((part) => {
      const prologue = xml.doctypes?.[part.name]
      return prologue === undefined
        ? part
        : { ...part, content: `${prologue}${part.content.toString()}` }
    }),
  )
}
