import { AppError } from '../errors/index.ts'
import { examineFile } from '../formats/index.ts'
import { findBytes } from './find-bytes.ts'
import type { InboxContext } from './inbox-context.ts'
import { listUnexamined, saveExamination } from './settle-store.ts'
import { supersedeShorter } from './supersede.ts'
import type { UploadRow } from './upload-row.ts'

async function examine(context: InboxContext, row: UploadRow): Promise<boolean> {
  const fields = { uploadId: row.upload_id, agencyId: row.agency_id }
  const path = await findBytes(context, row)
  if (path === undefined) return false
  try {
    const examination = await examineFile(path, { fileName: row.file_name })
    if (!(await saveExamination(context.db, row, examination))) return false
    const { bytes, sha256, evidence } = examination
    await supersedeShorter(context, { ...row, bytes, sha256, evidence })
    return true
  } catch (error) {
    if (!(error instanceof AppError) && (error as NodeJS.ErrnoException).code !== 'ENOENT')
      throw error
    context.log.warn('upload not examined', { ...fields, err: error })
    return false
  }
}

/** Hashes and judges what was received and not examined yet; how many were. Two files at a time. */
export async function examineReceived(context: InboxContext): Promise<number> {
  const waiting = await listUnexamined(context.db)
  let count = 0
  const work = async () => {
    for (let row = waiting.shift(); row !== undefined; row = waiting.shift())
      if (await examine(context, row)) count += 1
  }
  await Promise.all([work(), work()])
  return count
}
