import type { Entry, ZipFile } from 'yauzl'
import { FileError } from '../../errors/index.ts'
import { checkParts, listParts, openArchive } from '../check-archive.ts'
import type { ArchiveParts } from '../check-archive.ts'
import { hashFile } from '../hash-file.ts'
import type { RawRow, ReadOptions, TableReader } from '../types.ts'
import { scanPart } from './archive-part.ts'
import { createStyleReader } from './number-styles.ts'
import { createStringReader } from './shared-strings.ts'
import { readSheetRows } from './sheet-rows.ts'
import type { SheetContext } from './sheet-scanner.ts'
import { readWorkbookParts } from './workbook-parts.ts'
import type { SheetPart, WorkbookParts } from './workbook-parts.ts'

/** So many rows are shown to `isWanted`. */
const shownRows = 20

interface OpenSheet {
  readonly sheet: SheetPart
  /** Batches that were read to choose the sheet. */
  readonly first: readonly (readonly RawRow[])[]
  readonly rest: AsyncGenerator<readonly RawRow[]>
}

/**
 * Opens the right sheet of a workbook whose directory and small parts have been checked; the sheet itself is checked as it is read.
 *
 * @throws FileError WORKBOOK_CORRUPT, ARCHIVE_BOMB, WORKBOOK_ENCRYPTED, SHEET_NOT_FOUND, FORMAT_UNSUPPORTED, FILE_MALFORMED
 */
export async function openWorkbook(path: string, options: ReadOptions): Promise<TableReader> {
  const archive = await openArchive(path)
  try {
    const parts = await listParts(archive)
    const workbook = await readWorkbookParts(archive, parts)
    await checkParts(archive, listOthers(parts, workbook))
    const context = await readContext(archive, workbook)
    const open = async (sheet: SheetPart): Promise<OpenSheet> => {
      const rest = readSheetRows(archive, sheet.entry, context)
      return { sheet, rest, first: await takeFirst(rest) }
    }
    const chosen = await chooseSheet(workbook.sheets, options, open)
    return {
      detected: { format: 'xlsx', encoding: null, delimiter: null, sheet: chosen.sheet.name },
      batches: () => listBatches(chosen),
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

/** What is not read for its rows or texts, and is therefore checked for itself. */
function* listOthers(parts: ArchiveParts, workbook: WorkbookParts): Generator<Entry> {
  const { sheets, styles, sharedStrings } = workbook
  const read = new Set([styles, sharedStrings, ...sheets.map(({ entry }) => entry)])
  for (const entry of parts.values()) if (!read.has(entry)) yield entry
}

async function readContext(archive: ZipFile, parts: WorkbookParts): Promise<SheetContext> {
  const styleReader = createStyleReader()
  await scanPart(archive, parts.styles, styleReader.scanner)
  const { scanner, strings } = createStringReader()
  await scanPart(archive, parts.sharedStrings, scanner)
  return { strings, styles: styleReader.styles(), countsFrom1904: parts.countsFrom1904 }
}

async function* listBatches({ first, rest }: OpenSheet): AsyncGenerator<readonly RawRow[]> {
  yield* first
  yield* rest
}

async function takeFirst(rows: AsyncGenerator<readonly RawRow[]>): Promise<(readonly RawRow[])[]> {
  const first: (readonly RawRow[])[] = []
  for (let count = 0; count < shownRows;) {
    const step = await rows.next()
    if (step.done === true) break
    first.push(step.value)
    count += step.value.length
  }
  return first
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
    const shown = opened.first.flat().slice(0, shownRows)
    const isFilled = shown.length > 0
    if (isFilled && (isWanted?.(shown) ?? true)) return opened
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
