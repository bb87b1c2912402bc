import { FileError } from '../../errors/index.ts'
import { checkArchive, openArchive } from '../check-archive.ts'
import { hashFile } from '../hash-file.ts'
import { limits } from '../limits.ts'
import type { RawRow, ReadOptions, TableReader } from '../types.ts'
import { packSheet } from './pack-sheet.ts'
import { readSheetRows } from './sheet-rows.ts'
import { readWorkbookParts } from './workbook-parts.ts'
import type { SheetPart } from './workbook-parts.ts'

/** So many rows are shown to `isWanted`. */
const shownRows = 20

interface OpenSheet {
  readonly sheet: SheetPart
  readonly shown: readonly RawRow[]
  readonly rest: AsyncGenerator<RawRow>
}

/**
 * Opens the right sheet of a workbook that has been checked from end to end.
 *
 * @throws FileError WORKBOOK_CORRUPT, ARCHIVE_BOMB, WORKBOOK_ENCRYPTED, SHEET_NOT_FOUND
 */
export async function openWorkbook(path: string, options: ReadOptions): Promise<TableReader> {
  const parts = await checkArchive(path)
  const archive = await openArchive(path)
  try {
    const workbook = await readWorkbookParts(archive, parts)
    const open = async (sheet: SheetPart): Promise<OpenSheet> => {
      const rest = readSheetRows(packSheet(archive, workbook, sheet), workbook.countsFrom1904)
      return { sheet, rest, shown: await takeRows(rest, shownRows) }
    }
    const chosen = await chooseSheet(workbook.sheets, options, open)
    return {
      detected: { format: 'xlsx', encoding: null, delimiter: null, sheet: chosen.sheet.name },
      batches: () => batchRows(chosen),
      sha256: () => hashFile(path),
      async close() {
        await chosen.rest.return(undefined)
        archive.close()
      },
    }
  } catch (error) {
    archive.close()
    throw error
  }
}

async function* batchRows({ shown, rest }: OpenSheet): AsyncGenerator<readonly RawRow[]> {
  if (shown.length > 0) yield shown
  for (;;) {
    const rows = await takeRows(rest, limits.batchRows)
    if (rows.length === 0) return
    yield rows
  }
}

async function takeRows(rows: AsyncGenerator<RawRow>, count: number): Promise<RawRow[]> {
  const taken: RawRow[] = []
  while (taken.length < count) {
    const step = await rows.next()
    if (step.done === true) break
    taken.push(step.value)
  }
  return taken
}

/** By name, by number among the visible tabs, or the first visible one that pleases; if none does, the first with cells. */
async function chooseSheet(
  sheets: readonly SheetPart[],
  { sheet: wanted, isWanted }: ReadOptions,
  open: (sheet: SheetPart) => Promise<OpenSheet>,
): Promise<OpenSheet> {
  const visible = sheets.filter(({ isVisible }) => isVisible)
  if (wanted !== 'auto') {
    const named =
      typeof wanted === 'number'
        ? visible[wanted - 1]
        : sheets.find(({ name }) => fold(name) === fold(wanted))
    if (!named) throw sheetNotFound(wanted, visible)
    return open(named)
  }
  let firstFilled: SheetPart | undefined
  for (const sheet of visible) {
    const opened = await open(sheet)
    const isFilled = opened.shown.length > 0
    if (isFilled && (isWanted?.(opened.shown) ?? true)) return opened
    await opened.rest.return(undefined)
    if (isFilled) firstFilled ??= sheet
  }
  const fallback = firstFilled ?? visible[0]
  if (!fallback) throw sheetNotFound('auto', visible)
  return open(fallback)
}

const fold = (name: string) => name.trim().toLowerCase()

function sheetNotFound(wanted: string | number, visible: readonly SheetPart[]): FileError {
  const names = visible.map(({ name }) => `"${name}"`).join(', ')
  return new FileError(
    'SHEET_NOT_FOUND',
    wanted === 'auto'
      ? 'The workbook has no visible worksheet.'
      : `The template reads the sheet "${wanted}", and the workbook has ${names || 'no visible one'}.`,
    { hint: 'Set "sheet" in the template to one of these, or to auto.' },
  )
}
