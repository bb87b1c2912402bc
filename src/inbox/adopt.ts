import { rename, rm } from 'node:fs/promises'
import { basename, dirname, join, relative, sep } from 'node:path'
import { v7 as createId } from 'uuid'
import { adoptUpload, listByFile } from './adopt-store.ts'
import { findFile, isSameFile, isTwin } from './file-identity.ts'
import type { FoundFile } from './file-identity.ts'
import type { InboxContext } from './inbox-context.ts'
import { copyDurable } from './link-or-copy.ts'
import { noteChange } from './note-change.ts'
import { findMendedUpload } from './rejects-origin.ts'
import type { UploadRow } from './upload-row.ts'
import { updateUpload } from './upload-store.ts'
import { unfinishedEnding } from './write-durable.ts'

/** A file that somebody put into an inbox folder past the doors. */
export interface Stray {
  readonly agencyId: number
  readonly agency: string
  readonly absolute: string
  readonly found: FoundFile
  /** The upload whose file this was, until somebody wrote over it in place. */
  readonly over?: UploadRow | undefined
}

/** Path below inbox/ with slashes. */
export function toInboxName(context: InboxContext, agency: string, absolute: string): string {
  return relative(context.places.area(agency, 'inbox'), absolute).split(sep).join('/')
}

/**
 * A crash or a lost race may leave a name behind whose upload has forgotten it. True when this file's bytes belong to a
 * known upload, which is then told its name again, or had it in the archive already.
 */
async function isRemembered(context: InboxContext, stray: Stray): Promise<boolean> {
  for (const row of await listByFile(context.db, stray.agencyId, stray.found)) {
    const archived =
      row.archive_path === null
        ? undefined
        : join(context.places.agencyFolder(row.agency), row.archive_path)
    const isOurs =
      isTwin(await findFile(context.places.spool(row.upload_id)), stray.found) ||
      (archived !== undefined && isSameFile(await findFile(archived), stray.found))
    if (!isOurs || row.state === 'withdrawn') continue
    const inboxPath = toInboxName(context, stray.agency, stray.absolute)
    await updateUpload(context.db, row.agency_id, row.upload_id, [row.state], {
      inbox_path: inboxPath,
      ...(row.archived_at === null ? {} : { archived_at: null }),
    })
    return true
  }
  return false
}

async function isUnchanged({ absolute, found }: Stray): Promise<boolean> {
  const now = await findFile(absolute)
  return (
    now?.kind === 'file' &&
    isSameFile(now, found) &&
    now.size === found.size &&
    now.modifiedNs === found.modifiedNs &&
    now.changedNs === found.changedNs
  )
}

/**
 * Takes a file that stood still: a copy of its bytes into the spool (whoever put the file there may write into it again), journal, row `received` (source `disk`), as CLOSE does. From
 * there evidence and settle decide as for any other. False when the file has changed or is known after all.
 */
export async function adopt(context: InboxContext, stray: Stray): Promise<boolean> {
  const { agencyId, agency, absolute } = stray
  return context.lock(`agency:${agencyId}`, async () => {
    if (!(await isUnchanged(stray))) return false
    for (const open of context.openUploads.values()) if (isSameFile(open, stray.found)) return false
    if (stray.over === undefined && (await isRemembered(context, stray))) return false
    const uploadId = createId()
    const file = stray.found
    const fileName = basename(absolute).normalize('NFC')
    const upload = {
      agencyId,
      uploadId,
      account: '',
      source: 'disk',
      fileName,
      inboxPath: toInboxName(context, agency, absolute),
      device: file.device,
      inode: file.inode,
      bytes: file.size,
      nodeId: context.nodeId,
      sessionId: null,
      forcedTemplate: null,
      openedAt: new Date(),
    } as const
    const rejectsOf = await findMendedUpload(context.db, agencyId, fileName)
    const end = { state: 'received', reason: null, rejectsOf } as const
    const over = stray.over?.upload_id
    const isAdopted = await adoptUpload(context.db, upload, { ...end, over }, async () => {
      const spool = context.places.spool(uploadId)
      const { openedAt, ...known } = upload
      const at = openedAt.toISOString()
      const entry = { ...known, agency, state: 'received', reason: null, openedAt: at, at } as const
      const copy = `${spool}${unfinishedEnding}`
      await copyDurable(absolute, copy)
      if (!(await isUnchanged(stray))) {
        await rm(copy, { force: true })
        return false
      }
      await context.journal.save(entry)
      await rename(copy, spool)
      await Promise.all([context.places.spoolFolder, dirname(absolute)].map(context.syncFolder))
      return true
    })
    if (!isAdopted) return false
    context.log.info('file adopted', { uploadId, agencyId, bytes: file.size })
    const facts = { agency_id: agencyId, upload_id: uploadId, account: '', sha256: null }
    noteChange(context, { ...facts, bytes: file.size }, 'upload.received', { source: 'disk' })
    return true
  })
}
