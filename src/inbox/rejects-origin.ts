import type { Queryable } from '../db/index.ts'
import { findRejectsOrigin } from './upload-store.ts'

const pattern = /__([0-9a-f]{8}(?:[0-9a-f]{4})?)\.rejects[^.]*\.(?:csv|txt|xlsx)[^.]*$/i

/**
 * The upload whose rejected rows this file mends, told by its name: `<stem>__<id8>.rejects.csv`, also as
 * `… (1).csv`. Null when the name does not say so, or no upload of this agency has the id.
 */
export async function findMendedUpload(
  db: Queryable,
  agencyId: number,
  fileName: string,
): Promise<string | null> {
  const digits = pattern.exec(fileName)?.[1]
  return digits === undefined ? null : findRejectsOrigin(db, agencyId, digits.toLowerCase())
}
