import { archiveUpload } from './archive.ts'
import { findBytes } from './find-bytes.ts'
import { hashBeginnings } from './hash-beginnings.ts'
import type { InboxContext } from './inbox-context.ts'
import { noteChange } from './note-change.ts'
import { listLonger, listShorter, saveSuperseded } from './settle-store.ts'
import type { UploadRow } from './upload-row.ts'

async function replaceShorter(
  context: InboxContext,
  longer: UploadRow,
  shorter: readonly UploadRow[],
): Promise<number> {
  if (shorter.length === 0) return 0
  const path = await findBytes(context, longer)
  if (path === undefined) return 0
  const beginnings = await hashBeginnings(
    path,
    shorter.map(({ bytes }) => bytes),
  )
  let count = 0
  for (const row of shorter) {
    const hash = row.sha256 ?? (await hashWhole(context, row))
    if (hash === undefined || hash !== beginnings.get(row.bytes)) continue
    const explanation = `A longer file of the same name with the same beginning came after this one; it has ${longer.bytes} bytes, this one has ${row.bytes}. Nothing needs to be done.`
    if (!(await saveSuperseded(context.db, row, longer.upload_id, explanation))) continue
    count += 1
    noteChange(context, row, 'upload.superseded', { supersededBy: longer.upload_id })
    context.log.info('upload superseded', {
      uploadId: row.upload_id,
      agencyId: row.agency_id,
      supersededBy: longer.upload_id,
    })
    await archiveUpload(context, row.agency_id, row.upload_id)
  }
  return count
}

async function hashWhole(context: InboxContext, row: UploadRow): Promise<string | undefined> {
  const path = await findBytes(context, row)
  if (path === undefined || row.bytes === 0) return undefined
  return (await hashBeginnings(path, [row.bytes])).get(row.bytes)
}

/** A whole file has come: shorter ones of its name that are its beginning make way. Returns how many. */
export async function supersedeShorter(context: InboxContext, row: UploadRow): Promise<number> {
  return replaceShorter(context, row, await listShorter(context.db, row))
}

/** A file was just held: perhaps a longer one came while it settled. */
export async function supersedeByLonger(context: InboxContext, row: UploadRow): Promise<number> {
  for (const longer of await listLonger(context.db, row))
    if ((await replaceShorter(context, longer, [row])) > 0) return 1
  return 0
}
