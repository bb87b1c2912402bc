import type { Queryable } from '../db/index.ts'
import { selectUploads } from './upload-store.ts'
import type { UploadRow } from './upload-row.ts'

/** Received files whose bytes nobody has looked at yet, in order of arrival: the next 100 after `seq`. */
export async function listUnexaminedAfter(db: Queryable, seq: number): Promise<UploadRow[]> {
  return selectUploads(
    db,
    `where u.state = 'received' and u.sha256 is null and u.seq > ? order by u.seq limit 100`,
    [seq],
  )
}
