import fc from 'fast-check'

/** One row of a file. */
export type Cells = readonly string[]

/** Columns of `courtTable`; the last one is not mapped. */
export const courtColumns: Cells = [
  'Party ID',
  'Name',
  'Role',
  'Language',
  'Phone',
  'Email',
  'Date',
  'Time',
  'Status',
  'Location',
  'Case',
  'Notes',
]

/** A template that reads them. */
export const courtTemplate = {
  template: 'nightly',
  guard: { rejectedPercent: 100 },
  columns: {
    'client.reference': 'Party ID',
    'client.fullName': 'Name',
    'participant.role': 'Role',
    'client.language': 'Language',
    'contact.phone': 'Phone',
    'contact.email': 'Email',
    'event.startsAt': { columns: ['Date', 'Time'] },
    'event.status': 'Status',
    'event.location': 'Location',
    'case.number': 'Case',
  },
}

/** Cells as courts fill them, with whatever could end a cell, a row or a quote too early. */
const pools: readonly Cells[] = [
  ['0000123', '123', '9007199254740993', 'P-7', '=1+1', '__proto__'],
  ['PEÑA, JOSÉ LUIS', 'O’Brien, Pat', 'SMITH "JACK", JOHN JR', 'ACE BONDS, LLC', '李, 明 𠮷', ''],
  ['Defendant', 'ATTY', 'Guardian', ''],
  ['Spanish', 'vie', 'Klingon', 'N/A', ''],
  ['(512) 555-0142', '512-555-0143; 512-555-0144 x12', '555-0142', 'No Phone', ''],
  ['ANN@Example.COM', 'not an address', ''],
  ['1/15/2027', '2027-02-01', '13/45/2027', '11/7/2027', ''],
  ['8:30 AM', 'NOON', '13:30', '1:30 AM', ''],
  ['Scheduled', 'Reset', 'Odd', ''],
  ['Main, Room 302', 'Annex\r\n2nd floor', 'Hall | East; West\tNorth', '5\'10" Hall', ''],
  ['CR-26-1', '73-7-20 Lecv', ''],
  ['', 'a, b', 'said "yes"\nand left', '**', '^'],
]

/** Up to 25 rows, good and bad ones, some of them equal. */
export const courtTable: fc.Arbitrary<readonly Cells[]> = fc.array(
  fc.tuple(...pools.map((pool) => fc.constantFrom(...pool))),
  { minLength: 1, maxLength: 25 },
)

/** How a table is written; by default a plain CSV. */
export interface TextStyle {
  readonly delimiter?: string
  readonly lineEnd?: string
  readonly quotesAll?: boolean
}

/** The table as delimited text (RFC 4180 quoting) with its column names. */
export function writeText(
  rows: readonly Cells[],
  { delimiter = ',', lineEnd = '\r\n', quotesAll = false }: TextStyle = {},
): string {
  const write = (cell: string) =>
    quotesAll || /["\r\n,|;\t^]/.test(cell) ? `"${cell.replaceAll('"', '""')}"` : cell
  return [courtColumns, ...rows]
    .map((cells) => `${cells.map(write).join(delimiter)}${lineEnd}`)
    .join('')
}
