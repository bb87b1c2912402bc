import { lstat } from 'node:fs/promises'
import type { Stats } from 'node:fs'
import { basename } from 'node:path'
import { isUnreachable } from '../db/index.ts'
import { NotFoundError } from '../errors/index.ts'
import type { Upload } from '../inbox/index.ts'
import { errnoOf } from './status.ts'
import type { Visitor } from './visitor.ts'

const mostUploads = 20

/** Uploads of the agency that may stand under this name: by the name itself, by that in the name of an archived file, or newly renamed. */
async function* listCandidates({ inbox, sender }: Visitor, name: string): AsyncGenerator<Upload> {
  const { agencyId } = sender.agency
  const sent = name.replace(/__[0-9a-f]{8,32}(?=\.)/, '')
  yield* await inbox.uploads.list(agencyId, { fileName: name, limit: mostUploads })
  if (sent !== name)
    yield* await inbox.uploads.list(agencyId, { fileName: sent, limit: mostUploads })
  yield* await inbox.uploads.list(agencyId, { limit: mostUploads })
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
  try {
    for await (const { uploadId } of listCandidates(visitor, basename(path))) {
      if (await isSameInode(visitor.inbox.layout.spool(uploadId), stats)) return true
    }
    return await visitor.inbox.receiving.isUnfinished(visitor.sender, path)
  } catch (thrown) {
    // Senders are served while the database is away.
    if (isUnreachable(thrown)) return true
    throw thrown
  }
}

/**
 * Call it before something is built on a file of the inbox or changed in it: what has names elsewhere counts as missing. What
 * stands under no name, and folders, pass.
 *
 * @throws NotFoundError PATH_NOT_FOUND
 */
export async function assertOwnFile(visitor: Visitor, segments: readonly string[]): Promise<void> {
  const { layout } = visitor.inbox
  const path = await layout.locate(visitor.sender.agency.agency, 'inbox', segments)
  const stats = await lstat(path).catch((thrown: unknown) => {
    if (errnoOf(thrown) === 'ENOENT') return undefined
    throw thrown
  })
  if (stats?.isFile() !== true || (await isOwnInode(visitor, path, stats))) return
  throw new NotFoundError('PATH_NOT_FOUND', 'There is no such file or folder.')
}
