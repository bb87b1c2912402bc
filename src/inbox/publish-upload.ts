import { rename } from 'node:fs/promises'
import { findFile, isSameFile } from './file-identity.ts'
import type { InboxContext } from './inbox-context.ts'
import { recordName, standingPath, touchedFolders } from './keep-bytes.ts'
import { toJournalEntry, toNewUpload } from './open-row.ts'
import type { OpenUpload } from './open-upload.ts'
import { assertUncut } from './own-upload.ts'
import { noteEnd, noteRow, reasonOf, takePlace } from './upload-end.ts'
import type { ReceivedEnd } from './received-rows.ts'
import type { End } from './upload-end.ts'

/**
 * Whether the file stands under its name as it was made at OPEN, with its second name beside it: both names are durable then, and
 * nothing is left to do but to call the second one by its final name.
 */
async function isAsMade(context: InboxContext, open: OpenUpload, bytes: number): Promise<boolean> {
  if (open.namesDurable === undefined || !open.hasSecondName) return false
  try {
    await open.namesDurable
  } catch (error) {
    // its folder has another name by now; any other failure of a sync is told, since the system tells it only once
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return false
    throw error
  }
  const path = standingPath(context, open)
  const standing = path === undefined ? undefined : await findFile(path)
  if (standing === undefined || !isSameFile(standing, open)) return false
  assertUncut(open, standing.size, bytes)
  return true
}

/** `<id>.open` becomes `<id>`, durably. Nobody else uses these names: no lock is needed. */
async function finishSecondName(context: InboxContext, open: OpenUpload): Promise<void> {
  const { places, syncFolder } = context
  open.hasSecondName = false
  await rename(places.openSpool(open.uploadId), places.spool(open.uploadId))
  await syncFolder(places.spoolFolder)
}

const stateOf = ({ isRemoved }: OpenUpload): ReceivedEnd['state'] =>
  isRemoved ? 'withdrawn' : 'received'

/** The row is on its way; only who has no session, at whose end it is waited for, waits here. */
async function addRow(
  context: InboxContext,
  open: OpenUpload,
  end: End,
  ready: Promise<void> = Promise.resolve(),
): Promise<void> {
  // As it is now: a REMOVE or RENAME may have come since the journal was written, and one that comes later finds what waits here.
  const now = { ...end, state: stateOf(open), reason: reasonOf(open) }
  const saving = context.receivedRows.add(toNewUpload(context, open, end.bytes), now, ready)
  const noted = saving.finally(() => {
    context.quotas.end(open)
    noteRow(context, open)
  })
  if (open.sessionId === null) return noted
  noted.catch((error: unknown) => {
    const { uploadId, agency } = open
    const fields = { err: error, uploadId, agencyId: agency.agencyId }
    context.log.error('row of a received file not saved, the journal keeps it', fields)
    context.noteBehind()
  })
}

/** The names are made, or have changed hands meanwhile. */
async function publishPlaced(context: InboxContext, open: OpenUpload, end: End): Promise<void> {
  const place = await takePlace(context, open)
  const [placed] = await Promise.all([
    findFile(context.places.spool(open.uploadId)),
    ...touchedFolders(context, open).map(context.syncFolder),
  ])
  assertUncut(open, placed?.size ?? -1, end.bytes)
  await addRow(context, open, end)
  if (place !== 'won') return
  await recordName(context, open)
}

/**
 * The promise of CLOSE, in the order of design/ingestion.md §3: bytes, journal, names, row. The bytes are durable before it is
 * called. The row follows within milliseconds, together with others: the journal has it durably, the reconciler makes it should the
 * process die, and the end of the session waits for it.
 */
export async function publishUpload(
  context: InboxContext,
  open: OpenUpload,
  bytes: number,
): Promise<void> {
  const state = open.isRemoved ? 'withdrawn' : 'received'
  const end: End = { state, reason: reasonOf(open), bytes }
  await context.journal.save(toJournalEntry(context, open, state, bytes, end.reason))
  if (await isAsMade(context, open, bytes))
    await addRow(context, open, end, finishSecondName(context, open))
  else await publishPlaced(context, open, end)
  noteEnd(context, open, end)
}
