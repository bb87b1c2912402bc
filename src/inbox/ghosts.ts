import { open } from 'node:fs/promises'
import type { FileHandle } from 'node:fs/promises'
import type { Agency } from '../agencies/index.ts'
import { attemptDatabase } from './attempt-database.ts'
import { findFile } from './file-identity.ts'
import { findBytes } from './find-bytes.ts'
import { findGhostRow, listGhostRows, updateGhost } from './ghost-store.ts'
import type { GhostRow } from './ghost-store.ts'
import type { InboxContext } from './inbox-context.ts'
import { toInboxPath } from './inbox-path.ts'
import type { Ghost, Ghosts, Sender } from './types.ts'

/** A ghost lives at least this long, also for connections that came after the claim (rclone verifies on another one). */
const leastMs = 60_000

function nfc(path: readonly string[]): string {
  return toInboxPath(path.map((segment) => segment.normalize('NFC')))
}

/** Was this session connected when the file was claimed? */
function wasThere(context: InboxContext, sessionId: string | undefined, ageMs: number): boolean {
  const session = sessionId === undefined ? undefined : context.sessions.get(sessionId)
  return session !== undefined && context.now() - session.since >= ageMs
}

/** Does anybody of the agency still live who was connected then? */
function isRemembered(context: InboxContext, agency: Agency, ageMs: number): boolean {
  for (const { agencyId, since } of context.sessions.values())
    if (agencyId === agency.agencyId && context.now() - since >= ageMs) return true
  return false
}

/** The upload behind a ghost that a sender may see; undefined while the database is away. */
export async function findGhostUpload(
  context: InboxContext,
  sender: Sender,
  path: readonly string[],
): Promise<GhostRow | undefined> {
  const { agency } = sender
  const name = nfc(path)
  if (context.recentNames.isNoGhost(agency.agencyId, name)) return undefined
  const found = await attemptDatabase(context, async () => {
    const isPossible = await context.recentNames.mayBeGhost(agency.agencyId, name)
    return isPossible ? findGhostRow(context.db, agency.agencyId, name) : undefined
  })
  const row = found?.result
  if (row === undefined) return undefined
  return row.age_ms < leastMs || isRemembered(context, agency, row.age_ms) ? row : undefined
}

async function toGhost(context: InboxContext, row: GhostRow): Promise<Ghost> {
  const path = await findBytes(context, row)
  const found = path === undefined ? undefined : await findFile(path)
  const known = found?.modifiedAt ?? row.received_at ?? row.opened_at
  const modifiedAt = row.ghost_modified_at ?? known
  return {
    path: row.ghost_path.split('/'),
    stats: { kind: 'file', size: row.bytes, modifiedAt, accessedAt: modifiedAt },
  }
}

/** Bytes move from the spool into the archive at any moment: whoever came too late looks once more. */
async function openBytes(context: InboxContext, row: GhostRow): Promise<FileHandle | undefined> {
  for (let tries = 0; tries < 2; tries += 1) {
    const path = await findBytes(context, row)
    if (path === undefined) continue
    try {
      return await open(path, 'r')
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error
    }
  }
  return undefined
}

/** Makes the view of the ghosts. */
export function createGhosts(context: InboxContext): Ghosts {
  return {
    async find(sender, path) {
      const row = await findGhostUpload(context, sender, path)
      return row === undefined ? undefined : toGhost(context, row)
    },
    async list(sender, folder) {
      const found = await attemptDatabase(context, () =>
        listGhostRows(context.db, sender.agency.agencyId, nfc(folder)),
      )
      const seen = new Set<string>()
      const rows = (found?.result ?? []).filter((row) => {
        const isShown = !seen.has(row.ghost_path) && wasThere(context, sender.sessionId, row.age_ms)
        seen.add(row.ghost_path)
        return isShown
      })
      return Promise.all(rows.map((row) => toGhost(context, row)))
    },
    async open(sender, path) {
      const row = await findGhostUpload(context, sender, path)
      return row === undefined ? undefined : openBytes(context, row)
    },
  }
}

/**
 * Where the bytes stand that a sender may go on with after an importer took the file, as a resume does. Only what the account sent
 * itself: going on with a file means building on its bytes.
 */
export async function findGhostBytes(
  context: InboxContext,
  sender: Sender,
  path: readonly string[],
): Promise<string | undefined> {
  const row = await findGhostUpload(context, sender, path)
  return row?.account === sender.account ? findBytes(context, row) : undefined
}

/** RENAME, REMOVE or SETSTAT of a ghost: true when there was one and it is done. Nothing happens to the upload. */
export async function changeGhost(
  context: InboxContext,
  sender: Sender,
  path: readonly string[],
  changes: { readonly path?: readonly string[] | null; readonly modifiedAt?: Date },
): Promise<boolean> {
  const row = await findGhostUpload(context, sender, path)
  if (row === undefined) return false
  if (changes.path != null) context.recentNames.note(row.agency_id, nfc(changes.path))
  await updateGhost(context.db, row, {
    ...(changes.path !== undefined && {
      ghost_path: changes.path === null ? null : nfc(changes.path),
    }),
    ...(changes.modifiedAt !== undefined && { ghost_modified_at: changes.modifiedAt }),
  })
  return true
}
