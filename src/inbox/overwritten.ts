import { utimes } from 'node:fs/promises'
import { findFile, isSameFile, isTwin } from './file-identity.ts'
import type { FoundFile } from './file-identity.ts'
import { hashBeginnings } from './hash-beginnings.ts'
import type { InboxContext } from './inbox-context.ts'
import type { UploadRow } from './upload-row.ts'
import { unclaimedStates } from './upload-row.ts'

/** Finds files of known uploads that somebody has written over in place, as `cp` does over a name that stands. */
export interface Overwritten {
  /** The row, if its file holds other bytes now; undefined for a file as it was received, and for an unknown one. */
  find(
    row: UploadRow | undefined,
    file: { readonly absolute: string; readonly found: FoundFile },
  ): Promise<UploadRow | undefined>
}

const mostRemembered = 10_000

async function hashOf(path: string, size: number): Promise<string | undefined> {
  return (await hashBeginnings(path, [size])).get(size)
}

/**
 * Size and time of change tell which files are suspect, their bytes whether they are. What was adopted from the disk
 * has a copy in the spool to compare with; a file whose bytes the inbox and the spool share is compared with its hash.
 * Suspects found innocent are remembered until they change again.
 */
export function createOverwritten(context: InboxContext): Overwritten {
  const innocent = new Map<string, string>()

  async function hasChanged(row: UploadRow, path: string, found: FoundFile): Promise<boolean> {
    const spool = context.places.spool(row.upload_id)
    const kept = await findFile(spool)
    if (kept === undefined) return false
    if (isSameFile(kept, found)) {
      if (found.size !== row.bytes) return true
      const isSuspect = found.modifiedAt > (row.received_at ?? found.modifiedAt)
      return isSuspect && row.sha256 !== null && (await hashOf(path, found.size)) !== row.sha256
    }
    if (isTwin(kept, found)) return false
    if (kept.size !== found.size) return true
    if ((await hashOf(path, found.size)) !== (await hashOf(spool, kept.size))) return true
    await utimes(spool, found.accessedAt, found.modifiedAt)
    return false
  }

  return {
    async find(row, { absolute, found }) {
      if (row === undefined || !unclaimedStates.includes(row.state)) return undefined
      const look = `${row.seq}:${found.size}:${found.changedNs}`
      if (innocent.get(row.upload_id) === look) return undefined
      if (await hasChanged(row, absolute, found)) return row
      if (innocent.size >= mostRemembered) innocent.clear()
      if (row.sha256 !== null) innocent.set(row.upload_id, look)
      return undefined
    },
  }
}
