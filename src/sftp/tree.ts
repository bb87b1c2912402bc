import { constants } from 'node:fs'
import type { Stats } from 'node:fs'
import { lstat, open, opendir, unlink } from 'node:fs/promises'
import type { FileHandle } from 'node:fs/promises'
import { join } from 'node:path'
import { AccessError, ConflictError, NotFoundError } from '../errors/index.ts'
import type { Area, Ghost, Located } from '../inbox/index.ts'
import type { Attributes } from './codec/attributes.ts'
import type { NamedEntry } from './codec/packet-writer.ts'
import { isNameable, isVisible } from './jail.ts'
import type { Place } from './jail.ts'
import { formatLongName } from './long-name.ts'
import { isOwnInode } from './own-inode.ts'
import { errnoOf } from './status.ts'
import type { Visitor } from './visitor.ts'

const folderType = 0o040000
const fileType = 0o100000

function notFound(): NotFoundError {
  return new NotFoundError('PATH_NOT_FOUND', 'There is no such file or folder.')
}

/** Attributes of something on disk; the mode says what the account may do, not what the disk has. */
export function toAttributes(
  stats: Pick<Stats, 'size' | 'atime' | 'mtime'> & { isDirectory: () => boolean },
  area: Area,
): Attributes {
  const folder = folderType | (area === 'inbox' || area === 'outbox' ? 0o700 : 0o500)
  const file = fileType | (area === 'inbox' ? 0o600 : 0o400)
  return {
    size: stats.size,
    mode: stats.isDirectory() ? folder : file,
    accessedAt: stats.atime,
    modifiedAt: stats.mtime,
  }
}

function virtualAttributes(): Attributes {
  const now = new Date()
  return { size: 0, mode: folderType | 0o700, accessedAt: now, modifiedAt: now }
}

async function locate(visitor: Visitor, place: Place & { kind: 'area' }): Promise<string> {
  const { agency } = visitor.sender.agency
  return visitor.inbox.layout.locate(agency, place.area, place.segments)
}

/** Links and devices do not exist for clients, and hidden originals are as if missing. */
function isShown(
  visitor: Visitor,
  area: Area,
  name: string,
  stats: Pick<Stats, 'isDirectory' | 'isFile'>,
): boolean {
  return stats.isDirectory() || (stats.isFile() && isVisible(visitor.account, area, name))
}

/** Undefined where nothing stands, or no folder leads there. */
async function lookAtPlace(
  { inbox, sender }: Visitor,
  place: Place & { kind: 'area' },
): Promise<Located['found']> {
  try {
    const { agency } = sender.agency
    return (await inbox.layout.look(agency, place.area, place.segments)).found
  } catch (thrown) {
    if (thrown instanceof NotFoundError) return undefined
    throw thrown
  }
}

function toGhostAttributes({ stats }: Ghost): Attributes {
  const { size, modifiedAt, accessedAt } = stats
  return { size, mode: fileType | 0o600, accessedAt, modifiedAt }
}

/** What an importer has taken is shown to senders that look once more. @throws NotFoundError PATH_NOT_FOUND */
async function statGhost(
  { inbox, sender }: Visitor,
  { area, segments }: Place & { kind: 'area' },
): Promise<Attributes> {
  const isPossible = area === 'inbox' && segments.length > 0
  const ghost = isPossible ? await inbox.ghosts.find(sender, segments) : undefined
  if (ghost === undefined) throw notFound()
  return toGhostAttributes(ghost)
}

/** @throws NotFoundError PATH_NOT_FOUND */
export async function statPlace(visitor: Visitor, place: Place): Promise<Attributes> {
  if (place.kind === 'virtual') return virtualAttributes()
  const found = await lookAtPlace(visitor, place)
  if (found === undefined) return statGhost(visitor, place)
  const stats = {
    size: found.size,
    atime: found.accessedAt,
    mtime: found.modifiedAt,
    isDirectory: () => found.kind === 'folder',
    isFile: () => found.kind === 'file',
  }
  if (!isShown(visitor, place.area, place.segments.at(-1) ?? '', stats)) throw notFound()
  return toAttributes(stats, place.area)
}

function toEntry(name: string, attributes: Attributes): NamedEntry {
  return { name, attributes, longName: formatLongName(name, attributes, new Date()) }
}

async function* listVirtual(entries: readonly string[]): AsyncGenerator<NamedEntry, void> {
  for (const name of ['.', '..', ...entries])
    yield await Promise.resolve(toEntry(name, virtualAttributes()))
}

/** A file can vanish between its listing and its stat; that is no fault of the listing. */
export async function lstatIfThere(path: string): Promise<Stats | undefined> {
  try {
    return await lstat(path)
  } catch (thrown) {
    if (errnoOf(thrown) === 'ENOENT') return undefined
    throw thrown
  }
}

async function* listFolder(
  visitor: Visitor,
  { area, segments }: Place & { kind: 'area' },
  path: string,
  own: Attributes,
): AsyncGenerator<NamedEntry, void> {
  yield toEntry('.', own)
  yield toEntry('..', own)
  const ghosts = area === 'inbox' ? await visitor.inbox.ghosts.list(visitor.sender, segments) : []
  for await (const { name } of await opendir(path)) {
    if (!isNameable(name)) continue
    const stats = await lstatIfThere(join(path, name))
    if (stats !== undefined && isShown(visitor, area, name, stats)) {
      yield toEntry(name, toAttributes(stats, area))
    }
  }
  for (const ghost of ghosts) {
    const name = ghost.path.at(-1) ?? ''
    const isTaken = (await lstatIfThere(join(path, name))) !== undefined
    if (!isTaken) yield toEntry(name, toGhostAttributes(ghost))
  }
}

/** Lists a folder with `.` and `..`, read from one open directory as pages are asked for. @throws NotFoundError PATH_NOT_FOUND, PATH_KIND */
export async function listPlace(
  visitor: Visitor,
  place: Place,
): Promise<AsyncGenerator<NamedEntry, void>> {
  if (place.kind === 'virtual') return listVirtual(place.entries)
  const path = await locate(visitor, place)
  const stats = await lstat(path)
  if (!stats.isDirectory()) {
    if (!isShown(visitor, place.area, place.segments.at(-1) ?? '', stats)) throw notFound()
    // ENOTDIR, which OpenSSH's server tells as NO_SUCH_FILE.
    throw new NotFoundError('PATH_KIND', 'This is a file, not a folder.')
  }
  return listFolder(visitor, place, path, toAttributes(stats, place.area))
}

/** O_NOFOLLOW looks at the last name alone: the way is walked once more, and must lead to the very file that was opened. */
async function assertSame(visitor: Visitor, place: Place & { kind: 'area' }, file: FileHandle) {
  const opened = await file.stat()
  const path = await locate(visitor, place)
  const found = await lstat(path)
  const isSame = found.dev === opened.dev && found.ino === opened.ino
  if (!isSame || !opened.isFile() || !(await isOwnInode(visitor, path, opened))) throw notFound()
}

/** The bytes of what an importer has taken. @throws NotFoundError PATH_NOT_FOUND outside the inbox and for what never was there */
async function openGhost(
  { inbox, sender }: Visitor,
  { area, segments }: Place & { kind: 'area' },
): Promise<FileHandle> {
  const file = area === 'inbox' ? await inbox.ghosts.open(sender, segments) : undefined
  if (file === undefined) throw notFound()
  return file
}

/**
 * Opens a file for reading: never through a link, never a device, and no file that has names elsewhere.
 * @throws NotFoundError PATH_NOT_FOUND, AccessError PATH_READ_ONLY, ConflictError PATH_KIND
 */
export async function openForReading(
  visitor: Visitor,
  place: Place,
): Promise<{ file: FileHandle; area: Area }> {
  const attributes = await statPlace(visitor, place)
  if (place.kind === 'virtual' || (attributes.mode & folderType) !== 0) {
    throw new ConflictError('PATH_KIND', 'This is a folder, not a file.')
  }
  if (visitor.account.isPushOnly && place.area === 'inbox') {
    throw new AccessError('PATH_READ_ONLY', 'This account sends files; it does not read them back.')
  }
  if ((await lookAtPlace(visitor, place)) === undefined) {
    return { file: await openGhost(visitor, place), area: place.area }
  }
  const { O_RDONLY, O_NOFOLLOW, O_NONBLOCK } = constants
  const file = await open(await locate(visitor, place), O_RDONLY | O_NOFOLLOW | O_NONBLOCK)
  try {
    await assertSame(visitor, place, file)
  } catch (thrown) {
    await file.close()
    throw thrown
  }
  return { file, area: place.area }
}

/** Deletes a file from the outbox, the only folder besides the inbox that a client may clear. @throws NotFoundError PATH_NOT_FOUND, ConflictError PATH_KIND */
export async function removeFromOutbox(
  visitor: Visitor,
  place: Place & { kind: 'area' },
): Promise<void> {
  const attributes = await statPlace(visitor, place)
  if ((attributes.mode & folderType) !== 0) {
    throw new ConflictError('PATH_KIND', 'This is a folder, not a file.')
  }
  await unlink(await locate(visitor, place))
}
