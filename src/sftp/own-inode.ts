import { lstat } from 'node:fs/promises'
import type { Stats } from 'node:fs'
import { basename } from 'node:path'
import type { Upload } from '../inbox/index.ts'
import { errnoOf } from './status.ts'
import type { Visitor } from './visitor.ts'

const mostUploads = 20

/** Uploads of the agency that may stand under this name: by the name itself, or by the id in the name of an archived file. */
async function listCandidates({ inbox, sender }: Visitor, name: string): Promise<Upload[]> {
  const { agencyId } = sender.agency
  const id = /__([0-9a-f]{8,32})\./.exec(name)?.[1]
  const named = await inbox.uploads.list(agencyId, { fileName: name, limit: mostUploads })
  if (named.length > 0 || id === undefined) return named
  const sent = name.replace(`__${id}`, '')
  return inbox.uploads.list(agencyId, { fileName: sent, limit: mostUploads })
}

async function isSameInode(path: string, { dev, ino }: Stats): Promise<boolean> {
  try {
    const found = await lstat(path)
    return found.dev === dev && found.ino === ino
  } catch (thrown) {
    if (errnoOf(thrown) === 'ENOENT') return false
    throw thrown
  }
}

/**
 * Whether a file has no names but ours. What was received has a second name in the spool; any other name beside the one that
 * was asked for leads out of the agency's tree, so that its bytes may be anybody's (reference/reliability.md P2).
 */
export async function isOwnInode(visitor: Visitor, path: string, stats: Stats): Promise<boolean> {
  if (stats.nlink <= 1) return true
  for (const { uploadId } of await listCandidates(visitor, basename(path))) {
    if (await isSameInode(visitor.inbox.layout.spool(uploadId), stats)) return true
  }
  return false
}
