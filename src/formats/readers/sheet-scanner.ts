import { limits } from '../limits.ts'
import type { RawRow } from '../types.ts'
import { nameBefore, readColumn, readNumber, readRowNumber, readTyped } from './cell-parts.ts'
import type { NumberStyle } from './number-styles.ts'
import { createNumberText } from './number-text.ts'
import { createSheetRow } from './sheet-row.ts'
import { readSimpleCell } from './simple-cell.ts'
import type { SimpleCell } from './simple-cell.ts'
import { createXmlScanner } from './xml-scanner.ts'
import { toMalformedXml } from './xml-text.ts'

/** What cells point to. */
export interface SheetContext {
  readonly strings: readonly string[]
  readonly styles: readonly NumberStyle[]
  readonly countsFrom1904: boolean
}

export interface SheetScanner {
  /** Takes the next piece of a worksheet's XML; gives the rows with content that are whole by now, in order. */
  push(piece: string): RawRow[]
  /** @throws FileError FILE_MALFORMED when the sheet breaks off */
  finish(): void
}

/** Where in the sheet the reader is (ECMA-376 part 1, 18.3.1): each place knows the few elements that matter in it. */
const [outside, inWorksheet, inData, inRow, inCell, inValue, inInline, inRun, inText] = [
  0, 1, 2, 3, 4, 5, 6, 7, 8,
] as const

const [QUOTE, APOSTROPHE] = [34, 39]
const plain: NumberStyle = { kind: 'plain' }

/**
 * Reads the rows of a worksheet.
 *
 * Cells as text: formulas by the value they had when saved, errors as `#N/A`, booleans as `TRUE`, rich text without its looks.
 * Cells and rows without a reference follow the one before. Rows must come in order.
 */
export function createSheetScanner({
  strings,
  styles,
  countsFrom1904,
}: SheetContext): SheetScanner {
  const writeNumber = createNumberText(countsFrom1904)
  const row = createSheetRow()
  let place: number = outside
  let textPlace: number = inInline
  let skipped = 0
  let rows: RawRow[] = []
  let rowNumber = 0
  let column = 0
  let type = ''
  let style = 0
  let value = ''

  /** Reads `r`, `s` and `t` of a cell without making texts of them. */
  function startCell(text: string, from: number, to: number): void {
    column += 1
    type = 'n'
    style = 0
    value = ''
    for (let at = from; at < to; at += 1) {
      const code = text.charCodeAt(at)
      if (code !== QUOTE && code !== APOSTROPHE) continue
      const end = text.indexOf(code === QUOTE ? '"' : "'", at + 1)
      const name = nameBefore(text, at)
      if (name === 'r') column = readColumn(text, at + 1, end) ?? column
      else if (name === 's') style = readNumber(text, at + 1, end)
      else if (name === 't') type = text.slice(at + 1, end)
      at = end
    }
    assertColumn(column)
  }

  function startRow(text: string, from: number, to: number): void {
    const given = readRowNumber(text, from, to)
    const number = given ?? rowNumber + 1
    if (number <= rowNumber || number > limits.sheetRows) {
      throw toMalformedXml(`it has a row number that cannot be (${number})`)
    }
    rowNumber = number
    column = 0
    row.start(number)
  }

  function addShared(index: number): void {
    const text = strings[index]
    if (text === undefined) throw toMalformedXml('a cell points to a text that is not there')
    if (text !== '') row.add(column, text)
  }

  function endCell(): void {
    if (value === '') return
    if (type === 's') addShared(Number(value))
    else if (type === 'n') {
      const { text, isDamaged } = writeNumber(value, styles[style] ?? plain)
      row.add(column, text, isDamaged)
    } else row.add(column, readTyped(type, value))
  }

  /** The place inside of an element, or undefined where the element says nothing about values. */
  function enter(name: string, text: string, from: number, to: number): number | undefined {
    if (place === inCell) {
      if (name === 'v') return inValue
      return name === 'is' ? inInline : undefined
    }
    if (place === inRow) {
      if (name !== 'c') return undefined
      startCell(text, from, to)
      return inCell
    }
    if (place === inData) {
      if (name !== 'row') return undefined
      startRow(text, from, to)
      return inRow
    }
    if (place === inInline || place === inRun) {
      if (name === 't') {
        textPlace = place
        return inText
      }
      return place === inInline && name === 'r' ? inRun : undefined
    }
    if (place === inWorksheet) return name === 'sheetData' ? inData : undefined
    if (place === outside && name === 'worksheet') return inWorksheet
    throw toMalformedXml(`it has an element where none belongs`)
  }

  const simple: SimpleCell = { column: 0, style: 0, type: 'n', value: '', index: -1, next: -1 }

  function takeCell(text: string, at: number): number {
    if (place !== inRow || skipped > 0 || !readSimpleCell(text, at, simple)) return -1
    column = simple.column === 0 ? column + 1 : simple.column
    assertColumn(column)
    if (simple.index >= 0) addShared(simple.index)
    else {
      type = simple.type
      style = simple.style
      value = simple.value
      endCell()
    }
    return simple.next
  }

  const scanner = createXmlScanner({
    take: takeCell,
    start(name, text, from, to) {
      const inside = skipped === 0 ? enter(name, text, from, to) : undefined
      if (inside === undefined) skipped += 1
      else place = inside
    },
    end() {
      if (skipped > 0) {
        skipped -= 1
        return
      }
      if (place === inText) place = textPlace
      else if (place === inRun) place = inInline
      else if (place === inValue || place === inInline) place = inCell
      else if (place === inCell) {
        endCell()
        place = inRow
      } else if (place === inRow) {
        const finished = row.finish()
        if (finished) rows.push(finished)
        place = inData
      } else place -= 1
    },
    text(piece) {
      value = value === '' ? piece : value + piece
    },
    wantsText: () => (place === inValue || place === inText) && skipped === 0,
  })

  return {
    push(piece) {
      scanner.push(piece)
      const ready = rows
      rows = []
      return ready
    },
    finish: () => scanner.finish(),
  }
}

function assertColumn(column: number): void {
  if (column > limits.sheetColumns) {
    throw toMalformedXml(`it has a column that cannot be (${column})`)
  }
}
