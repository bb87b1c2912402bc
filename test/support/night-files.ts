import exceljs from 'exceljs'
import iconv from 'iconv-lite'
import { ecrHeader, nextYear } from './ecr.ts'

/** One way of writing a night's file, as the courts' systems write it. */
export interface NightKind {
  readonly name: string
  readonly fileName: string
  /** The bytes of a file of so many rows; `seed` makes one night differ from another. */
  make(rows: number, seed?: number): Promise<Buffer>
  /** The same file without its final line end; undefined where the kind has none, or always ends otherwise. */
  makeBare?(rows: number, seed?: number): Promise<Buffer>
  /** Does a cut here leave nothing but whole records, or take nothing but a line end or a part of the trailer away? */
  isBorder(whole: Buffer, cut: number): boolean
}

const streets = ['Main St', 'Annex', 'Courtroom 4', 'Justice Center', 'Old Courthouse']
const names = ['LEE, ANA', "O'BRIEN, PAT", 'PEÑA, JOSÉ', 'Ng', 'SMITH-JONES, MARY ANN']

function makeRow(at: number, seed: number): string[] {
  const number = at * 37 + seed * 1009 + 11
  const digits = String(number % 1_000_000).padStart(6, '0')
  const day = String((at % 28) + 1).padStart(2, '0')
  const name = names[(at + seed) % names.length] ?? ''
  const phone = at % 4 === 0 ? '' : `512555${String(100 + (number % 100)).padStart(4, '0')}`
  const status = at % 9 === 0 ? 'Reset' : 'Scheduled'
  const place = streets[(at + seed) % streets.length] ?? ''
  return [
    ...[`P${digits}`, name.split(', ')[1] ?? 'Kim', name.split(', ')[0] ?? '', 'Defendant'],
    ...['English', phone, '', `03/${day}/${nextYear} 9:00 AM`, status, place],
    ...[at % 3 === 0 ? '' : 'Hon. Ruiz', `CR-${nextYear}-${digits}`],
  ]
}

const makeTable = (rows: number, seed: number): string[][] => [
  ecrHeader.split(','),
  ...Array.from({ length: rows }, (_, at) => makeRow(at, seed)),
]

const quote = (cell: string) => (/[",\r\n]/.test(cell) ? `"${cell.replaceAll('"', '""')}"` : cell)

function textKind(
  parts: Omit<NightKind, 'make' | 'makeBare' | 'isBorder'> & {
    readonly encoding: string
    readonly write: (rows: number, seed: number) => string
    readonly isInside?: (before: string) => boolean
    readonly isTrailer?: (before: string) => boolean
  },
): NightKind {
  const { encoding, write } = parts
  const unit = encoding === 'utf-16le' ? 2 : 1
  const encode = (text: string) => iconv.encode(text, encoding, { addBOM: unit === 2 })
  return {
    name: parts.name,
    fileName: parts.fileName,
    make: (rows, seed = 1) => Promise.resolve(encode(write(rows, seed))),
    makeBare: (rows, seed = 1) => Promise.resolve(encode(write(rows, seed).trimEnd())),
    isBorder(whole, cut) {
      if (cut % unit !== 0) return false
      const decode = (part: Buffer) => iconv.decode(part, encoding)
      const before = decode(whole.subarray(0, cut))
      if (parts.isInside?.(before) === true) return false
      if (parts.isTrailer?.(before) === true) return true
      const after = decode(whole.subarray(cut))
      return before.endsWith('\n') || /^\r?\n/.test(after)
    },
  }
}

/** The six kinds of the issue, all read with the template of the standard ECR. */
export const nightKinds: readonly NightKind[] = [
  textKind({
    name: 'CSV',
    fileName: 'ecr.csv',
    encoding: 'utf-8',
    write: (rows, seed) =>
      `${makeTable(rows, seed)
        .map((cells) => cells.map(quote).join(','))
        .join('\r\n')}\r\n`,
  }),
  textKind({
    name: 'CSV with a trailer',
    fileName: 'ecr-trailer.csv',
    encoding: 'windows-1252',
    write: (rows, seed) =>
      `${makeTable(rows, seed)
        .map((cells) => cells.map(quote).join(','))
        .join('\r\n')}\r\nTRAILER,${rows}\r\n`,
    isTrailer: (before) => /\r\nT[RAILER]*(,\d*)?\r?$/.test(before),
  }),
  textKind({
    name: 'TXT with pipes',
    fileName: 'ecr.txt',
    encoding: 'utf-8',
    write: (rows, seed) =>
      `${makeTable(rows, seed)
        .map((cells) => cells.join('|'))
        .join('\n')}\n`,
  }),
  textKind({
    name: 'quoted CSV with line ends in cells',
    fileName: 'ecr-quoted.csv',
    encoding: 'utf-8',
    write: (rows, seed) =>
      `${makeTable(rows, seed)
        .map((cells, at) =>
          cells
            .map((cell, column) => (at > 0 && column === 9 ? `${cell}\nRoom ${at}` : cell))
            .map((cell) => `"${cell}"`)
            .join(','),
        )
        .join('\r\n')}\r\n`,
    isInside: (before) => (before.split('"').length - 1) % 2 === 1,
  }),
  textKind({
    name: 'CSV in UTF-16',
    fileName: 'ecr-utf16.csv',
    encoding: 'utf-16le',
    write: (rows, seed) =>
      `${makeTable(rows, seed)
        .map((cells) => cells.map(quote).join(','))
        .join('\r\n')}\r\n`,
  }),
  {
    name: 'XLSX',
    fileName: 'ecr.xlsx',
    async make(rows, seed = 1) {
      const book = new exceljs.Workbook()
      book.addWorksheet('Report').addRows(makeTable(rows, seed))
      return Buffer.from(await book.xlsx.writeBuffer())
    },
    isBorder: () => false,
  },
]
