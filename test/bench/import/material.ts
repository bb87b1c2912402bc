import { createWriteStream } from 'node:fs'
import { mkdir, rm, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { pipeline } from 'node:stream/promises'
import ExcelJS from 'exceljs'
import { streamEcr, templateFor } from '../../../src/sample/index.ts'

/** The upload template that reads all of these files. */
export const template = templateFor('ecr-csv')

export const sample = { seed: 'bench', from: '2026-11-24' } as const

/** Columns that a report has besides the mapped ones, so that a row has 20 columns and some 250 bytes. */
const moreColumns = [
  'Case Style',
  'Hearing Type',
  'Court',
  'Address',
  'City',
  'State',
  'ZIP',
  'Filed Date',
]
const towns = ['Lakewood', 'Harper Falls', 'Cedar Junction', 'Millbrook']

function listMoreCells(number: number): string {
  const town = towns[number % towns.length] ?? ''
  return [
    `State vs. Party ${number}`,
    'Pretrial Conference',
    `County Court at Law No. ${(number % 9) + 1}`,
    `${100 + (number % 900)} Example Street`,
    town,
    'TX',
    String(70_000 + (number % 9999)),
    '01/05/2026',
  ].join(',')
}

/** Of every twenty cases one has moved to another courtroom. */
const isChangedCase = (number: number) => number % 20 === 0
const changedLocation = 'Annex, Room 9'

async function* readLines(rows: number): AsyncGenerator<string> {
  let rest = ''
  for await (const chunk of streamEcr(sample, rows)) {
    const lines = (rest + chunk.toString('utf8')).split('\r\n')
    rest = lines.pop() ?? ''
    yield* lines
  }
}

const caseAtEnd = /CR-\d{4}-(\d{7})$/

/** Rows as text, the header first; cases from `skip` on, when only a window of the stream is wanted. */
export async function* writeRows(
  rows: number,
  isChanged: (caseNumber: number) => boolean,
  skip = 0,
): AsyncGenerator<string> {
  let count = 0
  for await (const line of readLines(rows)) {
    count += 1
    const number = Number(caseAtEnd.exec(line)?.[1] ?? 0)
    if (number === 0) yield `${line},${moreColumns.join(',')}\r\n`
    else if (count > skip + 1)
      yield `${isChanged(number) ? changeLocation(line) : line},${listMoreCells(number)}\r\n`
  }
}

/** The cell behind the status is the location. */
function changeLocation(line: string): string {
  return line.replace(/,Scheduled,(?:"[^"]*"|[^,]*)/, `,Scheduled,"${changedLocation}"`)
}

async function* joinLines(lines: AsyncIterable<string>): AsyncGenerator<string> {
  let text = ''
  for await (const line of lines) {
    text += line
    if (text.length < 1 << 16) continue
    yield text
    text = ''
  }
  yield text
}

/** The files of one size. */
export interface Material {
  readonly rows: number
  readonly bytes: number
  readonly base: string
  /** The same with 5 % of its rows changed: another location. */
  readonly changed: string
  /** Events whose location differs between the two. */
  readonly changedEvents: number
  /** The base as a workbook; written when it is asked for. */
  writeWorkbook(): Promise<string>
  remove(): Promise<void>
}

/** Writes the files of one size; the same bytes every time. */
export async function makeMaterial(folder: string, rows: number): Promise<Material> {
  await mkdir(folder, { recursive: true })
  const base = join(folder, `${rows}.csv`)
  const changed = join(folder, `${rows}-changed.csv`)
  const cases = new Set<number>()
  const note = (number: number) => {
    if (isChangedCase(number)) cases.add(number)
    return isChangedCase(number)
  }
  await pipeline(joinLines(writeRows(rows, () => false)), createWriteStream(base))
  await pipeline(joinLines(writeRows(rows, note)), createWriteStream(changed))
  return {
    rows,
    bytes: (await stat(base)).size,
    base,
    changed,
    changedEvents: cases.size,
    writeWorkbook: () => writeWorkbook(join(folder, `${rows}.xlsx`), rows),
    remove: () => rm(folder, { recursive: true }),
  }
}

function splitLine(line: string): string[] {
  return [...line.trimEnd().matchAll(/(?:^|,)(?:"([^"]*)"|([^,]*))/g)].map(
    ([, quoted, plain]) => quoted ?? plain ?? '',
  )
}

async function writeWorkbook(path: string, rows: number): Promise<string> {
  const workbook = new ExcelJS.stream.xlsx.WorkbookWriter({
    filename: path,
    useSharedStrings: true,
  })
  const sheet = workbook.addWorksheet('Hearings')
  for await (const line of writeRows(rows, () => false)) {
    const cells = splitLine(line).map((cell) => (cell === '' ? null : cell))
    sheet.addRow(cells).commit()
  }
  sheet.commit()
  await workbook.commit()
  return path
}
