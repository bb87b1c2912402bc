import type { Queryable } from '../db/index.ts'
import { uploadColumns } from './upload-row.ts'
import type { UploadRow } from './upload-row.ts'

/** An upload whose name lives on, and for how long it has done so by the database's clock. */
export interface GhostRow extends UploadRow {
  readonly ghost_path: string
  readonly ghost_modified_at: Date | null
  readonly age_ms: number
}

/** The longest life of a ghost, in minutes (reference/sftp.md §3.2 step 8). */
export const ghostMinutes = 15

const select = `
  select ${uploadColumns}, u.ghost_path, u.ghost_modified_at,
         (extract(epoch from now() - u.ghost_since) * 1000)::float8 as age_ms
    from uploads u join agencies a using (agency_id)
   where u.agency_id = ? and u.ghost_since > now() - interval '${ghostMinutes} minutes'`

/** The newest upload whose name lives on at this path below inbox/. */
export async function findGhostRow(
  db: Queryable,
  agencyId: number,
  path: string,
): Promise<GhostRow | undefined> {
  const { rows } = await db.raw<{ rows: GhostRow[] }>(
    `${select} and u.ghost_path = ? order by u.ghost_since desc limit 1`,
    [agencyId, path],
  )
  return rows[0]
}

/** All of them in one folder below inbox/, given without a slash at its end; '' is the inbox itself. Newest first. */
export async function listGhostRows(
  db: Queryable,
  agencyId: number,
  folder: string,
): Promise<GhostRow[]> {
  const prefix = folder === '' ? '' : `${folder}/`
  const { rows } = await db.raw<{ rows: GhostRow[] }>(
    `${select} and starts_with(u.ghost_path, ?) and position('/' in substr(u.ghost_path, ?)) = 0
      order by u.ghost_since desc limit 1000`,
    [agencyId, prefix, prefix.length + 1],
  )
  return rows
}

/** Changes the name or the time of a ghost; nothing else of the upload. */
export async function updateGhost(
  db: Queryable,
  row: Pick<UploadRow, 'agency_id' | 'upload_id'>,
  changes: { readonly ghost_path?: string | null; readonly ghost_modified_at?: Date },
): Promise<void> {
  await db('uploads').where({ agency_id: row.agency_id, upload_id: row.upload_id }).update(changes)
}

/** Their sender has taken these names away or given them to another file: no ghost of an older one comes back there. */
export async function dropGhosts(
  db: Queryable,
  agencyId: number,
  paths: readonly string[],
): Promise<void> {
  await db.raw(
    `update uploads set ghost_path = null where agency_id = ? and ghost_path = any(?::text[])`,
    [agencyId, paths] as never,
  )
}

/** Ghosts of all agencies that are too old to be seen. */
export async function dropOldGhosts(db: Queryable): Promise<void> {
  await db.raw(
    `update uploads set ghost_path = null
      where ghost_path is not null and ghost_since < now() - interval '${ghostMinutes} minutes'`,
  )
}

/** Paths below inbox/ at which a ghost stands, or may stand once an importer takes the file. */
export async function listNamesOfAgency(
  db: Queryable,
  agencyId: number,
  most: number,
): Promise<string[]> {
  const { rows } = await db.raw<{ rows: { path: string }[] }>(
    `select coalesce(ghost_path, inbox_path) as path
       from uploads
      where agency_id = ?
        and (ghost_path is not null
          or (inbox_path is not null and state in ('receiving', 'partial', 'received', 'held', 'queued', 'importing')))
      limit ?`,
    [agencyId, most],
  )
  return rows.map(({ path }) => path)
}
