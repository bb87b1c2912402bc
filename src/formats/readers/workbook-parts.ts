import type { Entry, ZipFile } from 'yauzl'
import { FileError } from '../../errors/index.ts'
import { toDocumentTypeFault } from '../archive-faults.ts'
import type { ArchiveParts } from '../check-archive.ts'
import { readPartText } from './archive-part.ts'
import { readAttributes } from './xml-text.ts'
import type { Attributes } from './xml-text.ts'

export interface SheetPart {
  readonly name: string
  readonly isVisible: boolean
  readonly entry: Entry
}

/** What has to be known of a workbook before its sheets are read. */
export interface WorkbookParts {
  /** Worksheets in the order of their tabs; charts and macros are none. */
  readonly sheets: readonly SheetPart[]
  /** Do its dates count from 1904 (old Macs) instead of 1900? */
  readonly countsFrom1904: boolean
  readonly styles: Entry | undefined
  readonly sharedStrings: Entry | undefined
}

/** The table of contents is small; a large one is no table of contents. */
const largestIndex = 4 * 1_048_576

/**
 * Reads a workbook's table of contents (ECMA-376 part 1, 18.2), whatever prefix its writer gave to the elements.
 *
 * @throws FileError WORKBOOK_CORRUPT when it has no sheet that can be read
 */
export async function readWorkbookParts(
  archive: ZipFile,
  parts: ArchiveParts,
): Promise<WorkbookParts> {
  const xml = await readIndex(archive, parts.get('xl/workbook.xml'))
  const relations = findElements(
    await readIndex(archive, parts.get('xl/_rels/workbook.xml.rels')),
    'Relationship',
  )
  const find = (isWanted: (relation: Attributes) => boolean): Entry | undefined => {
    const target = relations.find(isWanted)?.get('Target')
    return target === undefined ? undefined : findPart(parts, resolvePath(target))
  }
  const ofType = (type: string) =>
    find((relation) => relation.get('Type')?.endsWith(`/${type}`) ?? false)
  const sheets = findElements(xml, 'sheet').flatMap((sheet): SheetPart[] => {
    const id = sheet.get('id')
    const entry = find(
      (relation) =>
        relation.get('Id') === id && (relation.get('Type')?.endsWith('/worksheet') ?? false),
    )
    const isVisible = (sheet.get('state') ?? 'visible') === 'visible'
    return entry ? [{ name: sheet.get('name') ?? '', isVisible, entry }] : []
  })
  if (sheets.length === 0) {
    throw new FileError('WORKBOOK_CORRUPT', 'The workbook has no worksheet that can be read.', {
      hint: 'Open it in Excel, save it as .xlsx and send it again.',
    })
  }
  const flag = findElements(xml, 'workbookPr')[0]?.get('date1904')
  return {
    sheets,
    countsFrom1904: flag === '1' || flag === 'true',
    styles: ofType('styles'),
    sharedStrings: ofType('sharedStrings'),
  }
}

/** Start tags of one local name; enough for the flat lists that are read here. */
function findElements(xml: string, name: string): Attributes[] {
  const tags = new RegExp(`<(?:[\\w.-]+:)?${name}(\\s[^>]*)?/?>`, 'g')
  return [...xml.matchAll(tags)].map(([, attributes = '']) => readAttributes(attributes))
}

/** Names of parts are compared without case (ECMA-376 part 2, 6.2.2.3); some writers rely on it. */
function findPart(parts: ArchiveParts, path: string): Entry | undefined {
  const exact = parts.get(path)
  if (exact) return exact
  for (const [name, entry] of parts) if (name.toLowerCase() === path.toLowerCase()) return entry
  return undefined
}

function resolvePath(target: string): string {
  return target.startsWith('/') ? target.slice(1) : `xl/${target.replace(/^\.\//, '')}`
}

/** @throws FileError WORKBOOK_CORRUPT, FORMAT_UNSUPPORTED (a document type) */
async function readIndex(archive: ZipFile, entry: Entry | undefined): Promise<string> {
  if (!entry || entry.uncompressedSize > largestIndex) return ''
  let xml = ''
  for await (const text of readPartText(archive, entry)) xml += text
  if (xml.includes('<!DOCTYPE')) throw toDocumentTypeFault()
  return xml
}
