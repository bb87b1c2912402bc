import { readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { isUnreachable } from '../db/index.ts'
import { UsageError } from '../errors/index.ts'
import { adopt, toInboxName } from './adopt.ts'
import { listStanding } from './adopt-store.ts'
import { assertName } from './assert-name.ts'
import { findFile, isSameFile } from './file-identity.ts'
import type { FoundFile } from './file-identity.ts'
import type { InboxContext } from './inbox-context.ts'
import { atInboxPath } from './inbox-path.ts'
import { isTemporaryName } from './is-temporary-name.ts'
import { createOverwritten } from './overwritten.ts'
import { findMendedUpload } from './rejects-origin.ts'
import { renameUpload } from './touch-store.ts'
import { unclaimedStates } from './upload-row.ts'
import type { UploadRow } from './upload-row.ts'
import { findUnfinished } from './unfinished-file.ts'
import { saveReceiving, updateUpload } from './upload-store.ts'

/** The authority over what lies in the inbox folders; the watcher only rings its bell. */
export interface Scan {
  /** Looks through the inboxes of all agencies, or of these; how many files were adopted or found under a new name. */
  run(agencies?: ReadonlySet<string>): Promise<number>
  /** Milliseconds until the next file may have stood still long enough; undefined when none is watched. */
  nextLook(): number | undefined
}

interface Look {
  readonly found: FoundFile
  readonly since: number
}

const maxDepth = 16

function isSameLook(one: FoundFile, other: FoundFile): boolean {
  return (
    isSameFile(one, other) &&
    one.size === other.size &&
    one.modifiedNs === other.modifiedNs &&
    one.changedNs === other.changedNs
  )
}

function isUsable(name: string): boolean {
  try {
    assertName(name)
    return true
  } catch (error) {
    if (error instanceof UsageError) return false
    throw error
  }
}

/** Makes a scan that remembers what it saw between its rounds, by the monotonic clock. */
export function createScan(context: InboxContext): Scan {
  const looks = new Map<string, Look>()
  const refused = new Set<string>()
  const overwritten = createOverwritten(context)

  function refuse(absolute: string, agencyId: number, why: string): void {
    if (refused.has(absolute)) return
    refused.add(absolute)
    context.log.warn('something in an inbox folder is not taken', { agencyId, why })
  }

  async function* walk(
    folder: string,
    agencyId: number,
    depth = 0,
  ): AsyncGenerator<{ absolute: string; found: FoundFile }> {
    for (const name of await readdir(folder)) {
      const absolute = join(folder, name)
      const found = await findFile(absolute)
      if (found === undefined) continue
      if (found.kind === 'other') refuse(absolute, agencyId, 'a link or special file')
      else if (found.kind === 'file') yield { absolute, found }
      else if (depth < maxDepth) yield* walk(absolute, agencyId, depth + 1)
    }
  }

  /** Has it stood still since an earlier look, long enough? */
  function stoodStill(absolute: string, found: FoundFile): boolean {
    const now = context.now()
    const look = looks.get(absolute)
    if (look !== undefined && isSameLook(look.found, found))
      return now - look.since >= context.settings.adoptMs
    looks.set(absolute, { found, since: now })
    return false
  }

  /** A known file under another name was renamed past the doors, as rsync does at its end. */
  async function noteRename(agency: string, row: UploadRow, absolute: string): Promise<boolean> {
    const inboxPath = toInboxName(context, agency, absolute)
    if (row.inbox_path === null || row.inbox_path === inboxPath) return false
    const old = atInboxPath(context, agency, row.inbox_path)
    if (isSameFile(await findFile(old), row)) return false
    const fileName = (inboxPath.split('/').at(-1) ?? '').normalize('NFC')
    const upload = { agencyId: row.agency_id, uploadId: row.upload_id }
    const rejectsOf = await findMendedUpload(context.db, row.agency_id, fileName)
    const reason = isTemporaryName(fileName) ? 'TEMPORARY_NAME' : null
    await renameUpload(context.db, upload, { inboxPath, fileName, rejectsOf, reason })
    return true
  }

  /** The name is gone, or leads to another file; the bytes stand in the spool. */
  async function forgetMissing(row: UploadRow): Promise<void> {
    const states = ['partial', ...unclaimedStates] as const
    if (row.inbox_path === null || !states.includes(row.state)) return
    if (isSameFile(await findFile(atInboxPath(context, row.agency, row.inbox_path)), row)) return
    await updateUpload(context.db, row.agency_id, row.upload_id, states, { inbox_path: null })
  }

  /** The row that its process did not live to make; the reconciler then finds it left alone, and makes it partial. */
  async function noteUnfinished(
    { agencyId, agency }: { readonly agencyId: number; readonly agency: string },
    { absolute, found }: { absolute: string; found: FoundFile },
    uploadId: string,
  ): Promise<boolean> {
    const inboxPath = toInboxName(context, agency, absolute)
    const isMade = await saveReceiving(context.db, {
      agencyId,
      uploadId,
      account: '',
      source: 'sftp',
      fileName: (inboxPath.split('/').at(-1) ?? '').normalize('NFC'),
      inboxPath,
      device: found.device,
      inode: found.inode,
      bytes: found.size,
      nodeId: context.nodeId,
      sessionId: null,
      forcedTemplate: null,
      openedAt: found.modifiedAt,
    })
    context.noteBehind()
    return isMade
  }

  /** It was received, and its row is still to be made: taken for an operator's copy it would be imported twice. */
  async function isJournaled(found: FoundFile): Promise<boolean> {
    const entries = await context.journal.list()
    if (!entries.some((entry) => isSameFile(found, entry))) return false
    context.noteBehind()
    return true
  }

  async function take(
    agency: { readonly agencyId: number; readonly agency: string },
    stray: { absolute: string; found: FoundFile; over: UploadRow | undefined },
  ): Promise<boolean> {
    const name = stray.absolute.split('/').at(-1) ?? ''
    const isTemporary = isTemporaryName(name)
    if (isTemporary && stray.found.links < 2) return false
    if (!isTemporary && !isUsable(name)) {
      refuse(stray.absolute, agency.agencyId, 'a name that cannot be used')
      return false
    }
    if (!stoodStill(stray.absolute, stray.found)) return false
    looks.delete(stray.absolute)
    const uploadId = await findUnfinished(context, stray.found)
    if (uploadId !== undefined) return noteUnfinished(agency, stray, uploadId)
    if (isTemporary || (stray.over === undefined && (await isJournaled(stray.found)))) return false
    return adopt(context, { ...agency, ...stray })
  }

  async function scanAgency(agency: { agencyId: number; agency: string }): Promise<number> {
    await context.addAgency(agency.agency)
    const standing = await listStanding(context.db, agency.agencyId)
    const known = new Map(standing.map((row) => [`${row.device}:${row.inode}`, row]))
    const open = new Set(
      [...context.openUploads.values()].map(({ device, inode }) => `${device}:${inode}`),
    )
    const root = context.places.area(agency.agency, 'inbox')
    const seen = new Set<string>()
    const met = new Set<string>()
    let count = 0
    for await (const file of walk(root, agency.agencyId)) {
      const key = `${file.found.device}:${file.found.inode}`
      const row = known.get(key)
      seen.add(file.absolute)
      met.add(key)
      if (open.has(key)) continue
      const over = await overwritten.find(row, file)
      const moved =
        row === undefined || over !== undefined
          ? await take(agency, { ...file, over })
          : await noteRename(agency.agency, row, file.absolute)
      if (moved) count += 1
    }
    for (const [key, row] of known) if (!met.has(key) && !open.has(key)) await forgetMissing(row)
    for (const absolute of looks.keys())
      if (absolute.startsWith(`${root}/`) && !seen.has(absolute)) looks.delete(absolute)
    return count
  }

  /** What the disk does in one agency's folder must not keep the others waiting. */
  async function tryAgency(agency: { agencyId: number; agency: string }): Promise<number> {
    try {
      return await scanAgency(agency)
    } catch (error) {
      if (isUnreachable(error)) throw error
      context.log.error('inbox folder not scanned', { err: error, agencyId: agency.agencyId })
      return 0
    }
  }

  return {
    run: (wanted) =>
      context.lock('scan', async () => {
        let count = 0
        for (const { agencyId, agency } of await context.agencies.list())
          if (wanted === undefined || wanted.has(agency))
            count += await tryAgency({ agencyId, agency })
        return count
      }),
    nextLook() {
      if (looks.size === 0) return undefined
      const first = Math.min(...[...looks.values()].map(({ since }) => since))
      return Math.max(0, first + context.settings.adoptMs - context.now())
    },
  }
}
