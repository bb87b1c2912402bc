import { lutimes, mkdir, rename as renameFs, rmdir, unlink } from 'node:fs/promises'
import { dirname } from 'node:path'
import type { Agency } from '../agencies/index.ts'
import { AccessError, AppError, ConflictError, UsageError } from '../errors/index.ts'
import { assertActive } from './assert-active.ts'
import { assertExtension } from './assert-extension.ts'
import { assertName } from './assert-name.ts'
import { attemptDatabase } from './attempt-database.ts'
import { findFile, isSameFile } from './file-identity.ts'
import { forgetGhosts, isGone, orGhost } from './ghost-names.ts'
import { changeGhost } from './ghosts.ts'
import type { InboxContext } from './inbox-context.ts'
import { toInboxPath } from './inbox-path.ts'
import { keepOpenBytes } from './keep-bytes.ts'
import { journalRemoval, recordRemoval, recordRename, touch } from './record-names.ts'
import { findStanding, findStandingUpload } from './standing-upload.ts'
import type { Standing } from './standing-upload.ts'
import { renameFolder } from './touch-store.ts'
import type { Receiving, Sender } from './types.ts'

/** The doors that change names, not bytes. */
export type NameChanges = Pick<
  Receiving,
  'rename' | 'remove' | 'makeFolder' | 'removeFolder' | 'setTimes'
>

/** Where a name is to be made: its folder must exist, its last segment must be a good name. */
async function locateNew(
  context: InboxContext,
  agency: Agency,
  path: readonly string[],
): Promise<{ absolute: string; path: readonly string[] }> {
  const last = path.at(-1)
  if (last === undefined)
    throw new AccessError('PATH_READ_ONLY', 'The inbox itself cannot be changed.')
  const segments = [...path.slice(0, -1).map((name) => name.normalize('NFC')), assertName(last)]
  return {
    absolute: await context.places.locate(agency.agency, 'inbox', segments),
    path: segments,
  }
}

async function moveFolder(
  context: InboxContext,
  agency: Agency,
  from: Standing,
  to: { absolute: string; path: readonly string[] },
): Promise<void> {
  if (to.path.length > from.path.length && from.path.every((name, at) => name === to.path[at]))
    throw new UsageError('PATH_INVALID', 'A folder cannot be moved into itself.')
  await renameFs(from.absolute, to.absolute)
  for (const open of context.openUploads.values()) {
    const isInside =
      open.agency.agencyId === agency.agencyId &&
      from.path.every((name, at) => name === open.path?.[at])
    if (isInside && open.path !== undefined)
      open.path = [...to.path, ...open.path.slice(from.path.length)]
  }
  await context.receivedRows.flush()
  await attemptDatabase(context, () =>
    renameFolder(context.db, agency.agencyId, toInboxPath(from.path), toInboxPath(to.path)),
  )
  context.recentNames.forget(agency.agencyId)
}

async function assertFree(from: Standing, to: string, overwrite: boolean): Promise<void> {
  const found = await findFile(to)
  if (found === undefined || isSameFile(found, from.found)) return
  if (!overwrite || found.kind !== 'file' || from.found.kind !== 'file')
    throw new ConflictError('PATH_EXISTS', 'There is a file or folder of this name already.', {
      hint: 'Remove it first, or choose another name.',
    })
}

function refuseFolderError(error: unknown): never {
  const code = (error as NodeJS.ErrnoException).code ?? ''
  if (error instanceof AppError) throw error
  if (code === 'EEXIST')
    throw new ConflictError('PATH_EXISTS', 'There is a file or folder of this name already.')
  if (code === 'ENOTEMPTY')
    throw new ConflictError('FOLDER_NOT_EMPTY', 'The folder still holds something.')
  throw error as Error
}

/** Rename, remove, folders and times, as a sender may change them in its inbox. */
export function createNameChanges(context: InboxContext): NameChanges {
  const alone = <Result>(agency: Agency, work: () => Promise<Result>) =>
    context.lock(`agency:${agency.agencyId}`, work)

  async function renameStanding(
    sender: Sender,
    from: readonly string[],
    to: readonly string[],
    overwrite: boolean,
  ): Promise<void> {
    const { agency } = sender
    const old = await findStanding(context, agency, from)
    const target = await locateNew(context, agency, to)
    await assertFree(old, target.absolute, overwrite)
    if (old.found.kind === 'folder') return moveFolder(context, agency, old, target)
    assertExtension(agency, target.path.at(-1) ?? '')
    const upload = await findStandingUpload(context, agency, old.found)
    if (old.absolute !== target.absolute) {
      await keepOpenBytes(context, target.absolute)
      await renameFs(old.absolute, target.absolute)
      await Promise.all([dirname(old.absolute), dirname(target.absolute)].map(context.syncFolder))
    }
    await recordRename(context, sender, upload, target.path)
    await forgetGhosts(context, agency, old.path, target.path)
  }

  async function removeStanding(sender: Sender, path: readonly string[]): Promise<void> {
    const { agency } = sender
    const standing = await findStanding(context, agency, path)
    if (standing.found.kind !== 'file')
      throw new UsageError('PATH_KIND', 'This is a folder, not a file.')
    const upload = await findStandingUpload(context, agency, standing.found)
    if (!upload.isCertain) await journalRemoval(context, standing.found)
    await keepOpenBytes(context, standing.absolute)
    await unlink(standing.absolute)
    await recordRemoval(context, sender, standing.found, upload)
    await forgetGhosts(context, agency, standing.path)
  }

  return {
    async rename(asked, from, to, { overwrite }) {
      const agency = await assertActive(context, asked.agency)
      const sender = { ...asked, agency }
      const haunt = async () => {
        if (!(await isGone(context, agency, from))) return false
        const { absolute, path } = await locateNew(context, agency, to)
        if ((await findFile(absolute)) !== undefined) return false
        return changeGhost(context, sender, from, { path })
      }
      await orGhost(() => alone(agency, () => renameStanding(sender, from, to, overwrite)), haunt)
      context.wake()
    },
    async remove(sender, path) {
      const { agency } = sender
      await assertActive(context, agency)
      const haunt = async () =>
        (await isGone(context, agency, path)) &&
        (await changeGhost(context, sender, path, { path: null }))
      await orGhost(() => alone(agency, () => removeStanding(sender, path)), haunt)
    },
    async makeFolder(sender, path) {
      await assertActive(context, sender.agency)
      await context.quotas.admit(sender).assertNewEntry()
      await context.addAgency(sender.agency.agency)
      const { absolute } = await locateNew(context, sender.agency, path)
      await mkdir(absolute, { mode: 0o700 }).catch(refuseFolderError)
      context.quotas.forget(sender)
    },
    async removeFolder(sender, path) {
      await assertActive(context, sender.agency)
      const { absolute, found } = await findStanding(context, sender.agency, path)
      if (found.kind !== 'folder')
        throw new UsageError('PATH_KIND', 'This is a file, not a folder.')
      await rmdir(absolute).catch(refuseFolderError)
    },
    async setTimes(sender, path, accessedAt, modifiedAt) {
      const stamp = async () => {
        const { absolute, found } = await findStanding(context, sender.agency, path)
        await lutimes(absolute, accessedAt, modifiedAt)
        if (found.kind !== 'file') return
        const { row } = await findStandingUpload(context, sender.agency, found)
        if (row !== undefined)
          await attemptDatabase(context, () => touch(context, sender, row.upload_id))
      }
      await orGhost(stamp, () => changeGhost(context, sender, path, { modifiedAt }))
    },
  }
}
