import { readFile, rm } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'
import { archiveName, shortId } from './archive-name.ts'
import { isArchivePathTaken, saveArchivePath } from './archive-store.ts'
import { heldText } from './archive-texts.ts'
import { readLastLines } from './explain-hold.ts'
import { findFile } from './file-identity.ts'
import type { InboxContext } from './inbox-context.ts'
import type { UploadState } from './types.ts'
import { findUpload } from './upload-store.ts'
import type { UploadRow } from './upload-row.ts'
import { writeDurable } from './write-durable.ts'

const idLengths = [8, 12, 32] as const

/** Imported and repeated files go to processed/, all others to error/. */
const toProcessed = new Set<UploadState>([
  'imported',
  'imported-with-rejects',
  'duplicate',
  'undone',
])

/** The day of an instant in a time zone, `2026-11-23`. */
export function toLocalDay(at: Date, timeZone: string): string {
  const parts = new Intl.DateTimeFormat('en', {
    timeZone,
    year: 'numeric',
    month: '2-digit',
    day: '2-digit',
  }).formatToParts(at)
  const part = (type: string) => parts.find((one) => one.type === type)?.value ?? ''
  return `${part('year')}-${part('month')}-${part('day')}`
}

/**
 * Where the original of a final upload stands, below the agency's folder. Chosen once and kept in the row: never the
 * name of another file, so with more digits of the id where 8 are taken (design/interface.md §3).
 */
export async function chooseArchivePath(context: InboxContext, row: UploadRow): Promise<string> {
  if (row.archive_path !== null) return row.archive_path
  const { timeZone } = await context.agencies.getById(row.agency_id)
  const folder = toProcessed.has(row.state)
    ? `processed/${toLocalDay(row.finished_at ?? row.opened_at, timeZone)}`
    : 'error'
  for (const length of idLengths) {
    const path = `${folder}/${archiveName(row.file_name, shortId(row.upload_id, length))}`
    if (length < 32 && (await isTaken(context, row, path))) continue
    await saveArchivePath(context.db, row.agency_id, row.upload_id, path)
    break
  }
  const saved = await findUpload(context.db, row.agency_id, row.upload_id)
  if (saved?.archive_path == null) throw new Error(`no archive path for upload ${row.upload_id}`)
  return saved.archive_path
}

async function isTaken(context: InboxContext, row: UploadRow, path: string): Promise<boolean> {
  const original = join(context.places.agencyFolder(row.agency), path)
  if ((await findFile(original)) !== undefined) return true
  const receipt = besideArchive(row, path, '.receipt.json')
  const beside = join(context.places.agencyFolder(row.agency), receipt)
  if ((await findFile(beside)) !== undefined) return true
  return isArchivePathTaken(context.db, row.agency_id, path)
}

/** Path of a file that belongs to an archived original, such as its receipt; below the agency's folder. */
export function besideArchive(row: UploadRow, archivePath: string, ending: string): string {
  const name = basename(archivePath)
  const length =
    idLengths.find(
      (digits) => archiveName(row.file_name, shortId(row.upload_id, digits)) === name,
    ) ?? 8
  return join(
    dirname(archivePath),
    archiveName(row.file_name, shortId(row.upload_id, length), ending),
  )
}

/** Candidates for held.txt; the second is used when the first belongs to another upload. */
function heldPaths(context: InboxContext, row: UploadRow): string[] {
  return idLengths.map((digits) =>
    join(
      context.places.area(row.agency, 'error'),
      archiveName(row.file_name, shortId(row.upload_id, digits), '.held.txt'),
    ),
  )
}

async function readHeld(path: string): Promise<string | undefined> {
  if ((await findFile(path))?.kind !== 'file') return undefined
  return readFile(path, 'utf8')
}

/** Writes held.txt unless it stands already. */
export async function writeHeld(context: InboxContext, row: UploadRow): Promise<void> {
  for (const path of heldPaths(context, row)) {
    const standing = await readHeld(path)
    if (standing?.includes(row.upload_id) === true) return
    if (standing !== undefined) continue
    const text = heldText(row, await readLastLines(context, row))
    await writeDurable(path, text, context.syncFolder, context.places.spoolFolder)
    return
  }
}

/** Removes held.txt of an upload that is not held any more. */
export async function removeHeld(context: InboxContext, row: UploadRow): Promise<void> {
  for (const path of heldPaths(context, row))
    if ((await readHeld(path))?.includes(row.upload_id) === true) await rm(path, { force: true })
}
