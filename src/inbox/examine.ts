import { isUnreachable } from '../db/index.ts'
import { examineFile } from '../formats/index.ts'
import { listUnexaminedAfter } from './examine-store.ts'
import { findBytes } from './find-bytes.ts'
import type { InboxContext } from './inbox-context.ts'
import { noteChange } from './note-change.ts'
import { saveExamination } from './settle-store.ts'
import { supersedeShorter } from './supersede.ts'
import type { UploadRow } from './upload-row.ts'

async function examine(context: InboxContext, row: UploadRow): Promise<boolean> {
  const path = await findBytes(context, row)
  if (path === undefined) return false
  const examination = await examineFile(path, {
    fileName: row.file_name,
    open: context.opener?.forAgency(row.agency_id),
  })
  if (!(await saveExamination(context.db, row, examination))) return false
  const { bytes, sha256, evidence } = examination
  noteChange(context, { ...row, bytes, sha256 }, 'upload.examined', { verdict: evidence.verdict })
  await supersedeShorter(context, { ...row, bytes, sha256, evidence })
  return true
}

/** One file that the disk does not give away must not keep the others waiting; it is tried again in the next round. */
async function tryExamine(context: InboxContext, row: UploadRow): Promise<boolean> {
  try {
    return await examine(context, row)
  } catch (error) {
    if (isUnreachable(error)) throw error
    const fields = { uploadId: row.upload_id, agencyId: row.agency_id }
    context.log.warn('upload not examined', { ...fields, err: error })
    return false
  }
}

/** From this size on a file is examined while its sender is still connected, because that takes a while. */
const largeBytes = 8 * 1024 * 1024

/** A small file is left alone while its sender is busy with others, but is examined well before it settles by time alone. Milliseconds. */
export const quietMs = (settleMs: number): number => settleMs / 2

/** Hashes and judges what was received and not examined yet; how many were. Two files at a time. */
export async function examineReceived(context: InboxContext): Promise<number> {
  const quiet = { largeBytes, quietMs: quietMs(context.settings.settleMs) }
  let count = 0
  let waiting = await listUnexaminedAfter(context.db, 0, quiet)
  const work = async () => {
    for (let row = waiting.shift(); row !== undefined; row = waiting.shift())
      if (await tryExamine(context, row)) count += 1
  }
  while (waiting.length > 0) {
    const last = waiting.at(-1)?.seq ?? 0
    await Promise.all([work(), work()])
    waiting = await listUnexaminedAfter(context.db, last, quiet)
  }
  return count
}
