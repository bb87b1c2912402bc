import type { Queryable } from '../db/index.ts'
import { isHeldOpen } from './settle-store.ts'
import { selectUploads } from './upload-store.ts'
import type { UploadRow } from './upload-row.ts'

/**
 * Received files whose bytes nobody has looked at yet, in order of arrival: the next 100 after `seq`. Without the small ones of
 * senders that are still connected and have not been quiet for `quietMs`, unless a trigger file or manifest may speak for them.
 */
export async function listUnexaminedAfter(
  db: Queryable,
  seq: number,
  { largeBytes, quietMs }: { readonly largeBytes: number; readonly quietMs: number },
): Promise<UploadRow[]> {
  return selectUploads(
    db,
    `where u.state = 'received' and u.sha256 is null and u.seq > ?
       and (u.bytes >= ? or u.touched_at <= now() - ? * interval '1 millisecond' or not ${isHeldOpen}
            or exists (select 1 from feeds f
                        where f.agency_id = u.agency_id and (f.trigger_name is not null or f.manifest_name is not null)))
     order by u.seq limit 100`,
    [seq, largeBytes, quietMs],
  )
}
