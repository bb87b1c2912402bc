import type { Queryable } from '../db/index.ts'
import { findLastImport } from './queue-store.ts'
import type { LastImported } from './types.ts'

/** The feed's last imported file, whose rows are in force; `feed` '' without feeds. */
export async function findLastImported(
  db: Queryable,
  agencyId: number,
  feed: string,
): Promise<LastImported | undefined> {
  const last = await findLastImport(db, agencyId, feed)
  if (last === undefined) return undefined
  return {
    uploadId: last.upload_id,
    fileName: last.file_name,
    sha256: last.sha256,
    template: last.template,
    templateVersion: last.template_version,
    columns: last.rejects_header,
    unknownCodes: last.unknown_codes ?? {},
    hasUndoSince: last.has_undo_since,
  }
}
