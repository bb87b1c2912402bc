import { lstat, readdir, rm, rmdir } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { inTransaction } from '../db/index.ts'
import { besideArchive } from './archive-place.ts'
import type { InboxContext } from './inbox-context.ts'
import {
  countOldRejects,
  countOldUploads,
  deleteOldRejects,
  lockOldUploads,
  saveRemoved,
} from './retention-store.ts'
import type { RetentionFigures, RetentionSettings } from './retention-types.ts'
import type { UploadRow } from './upload-row.ts'

const batch = 100

const endings = ['.rejects.csv', '.error.txt', '.receipt.json']

/** What lies in an outbox by our own hand: receipts, results. Other files there belong to somebody. */
const ownName = /(\.receipt\.json|^results-\d{4}-\d{2}-\d{2}\.csv)$/

const dayMs = 24 * 3_600_000

async function isRemovable(path: string, before: number): Promise<boolean> {
  const found = await lstat(path).catch(() => undefined)
  return found?.isFile() === true && found.mtimeMs < before
}

/** Old files of ours in the outbox of an agency. */
async function listOldOutbox(
  context: InboxContext,
  agency: string,
  days: number,
): Promise<string[]> {
  const folder = context.places.area(agency, 'outbox')
  const names = await readdir(folder).catch(() => [])
  const before = Date.now() - days * dayMs
  const old: string[] = []
  for (const name of names.filter((one) => ownName.test(one)))
    if (await isRemovable(join(folder, name), before)) old.push(join(folder, name))
  return old
}

/** The original last: while it stands, its receipt does not matter to anybody; a crash in between is made good by the next round. */
async function removeFiles(context: InboxContext, row: UploadRow): Promise<void> {
  const path = row.archive_path
  if (path === null) return
  const folder = context.places.agencyFolder(row.agency)
  for (const ending of endings)
    await rm(join(folder, besideArchive(row, path, ending)), { force: true })
  await rm(join(folder, path), { force: true })
  // Days of processed/ that are empty now; anything else makes this fail, as it should.
  if (path.startsWith('processed/')) await rmdir(join(folder, dirname(path))).catch(() => undefined)
}

async function sweepArea(
  context: InboxContext,
  area: 'processed' | 'error',
  days: number,
): Promise<{ files: number; bytes: number }> {
  const swept = { files: 0, bytes: 0 }
  for (;;) {
    const rows = await inTransaction(context.db, async (trx) => {
      const old = await lockOldUploads(trx, area, days, batch)
      for (const row of old) await removeFiles(context, row)
      if (old.length > 0) await saveRemoved(trx, old, area, days)
      return old
    })
    swept.files += rows.length
    swept.bytes += rows.reduce((sum, { bytes }) => sum + bytes, 0)
    if (rows.length < batch) return swept
  }
}

async function sweepOutbox(
  context: InboxContext,
  days: number,
  isDryRun: boolean,
): Promise<number> {
  let count = 0
  for (const { agencyId, agency } of await context.agencies.list()) {
    const old = await listOldOutbox(context, agency, days)
    if (!isDryRun) for (const path of old) await rm(path, { force: true })
    if (!isDryRun && old.length > 0)
      context.note({
        agencyId,
        actor: 'server',
        action: 'retention.removed',
        subject: 'outbox',
        detail: { days, files: old.length },
      })
    count += old.length
  }
  return count
}

async function sweepRejects(context: InboxContext, days: number): Promise<number> {
  let count = 0
  for (;;) {
    const { uploads, rows } = await inTransaction(context.db, (trx) =>
      deleteOldRejects(trx, days, batch),
    )
    count += rows
    if (uploads < batch) return count
  }
}

/** Keeps everything; what a process without settings does. */
const keepAll: RetentionSettings = { processedDays: 0, errorDays: 0, outboxDays: 0, rejectsDays: 0 }

/**
 * Removes what is older than its setting allows (0 keeps for ever): archived files with their receipts, receipts and results in outbox/, and
 * rejected rows. Never anything in inbox/, never a file that no upload knows, never an upload whose receipt is not durable or that has not
 * ended. The row of the upload and its report stay. Each removal stands in the audit. A dry run only counts.
 */
export async function sweepRetention(
  context: InboxContext,
  isDryRun: boolean,
): Promise<RetentionFigures> {
  const { processedDays, errorDays, outboxDays, rejectsDays } =
    context.settings.retention ?? keepAll
  const none = { files: 0, bytes: 0 }
  const area = (name: 'processed' | 'error', days: number) =>
    days === 0
      ? none
      : isDryRun
        ? countOldUploads(context.db, name, days)
        : sweepArea(context, name, days)
  const processed = await area('processed', processedDays)
  const error = await area('error', errorDays)
  const outbox = outboxDays === 0 ? 0 : await sweepOutbox(context, outboxDays, isDryRun)
  const countRejects = () =>
    isDryRun ? countOldRejects(context.db, rejectsDays) : sweepRejects(context, rejectsDays)
  const rejectedRows = rejectsDays === 0 ? 0 : await countRejects()
  const figures = { processed, error, outbox: { files: outbox }, rejectedRows }
  if (!isDryRun && processed.files + error.files + outbox + rejectedRows > 0)
    context.log.info('old files removed', {
      processed: processed.files,
      error: error.files,
      outbox,
      rejectedRows,
    })
  return figures
}
