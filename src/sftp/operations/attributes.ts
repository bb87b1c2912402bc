import type { AttributeChanges } from '../codec/attributes.ts'
import { statusCodes } from '../codec/constants.ts'
import { encodeAttributesReply, encodeStatus } from '../codec/packet-writer.ts'
import { AccessError } from '../../errors/index.ts'
import type { OpenMode } from '../../inbox/index.ts'
import type { OpenThing } from '../handles.ts'
import { assertWritable, resolvePath } from '../jail.ts'
import { assertOwnFile } from '../own-inode.ts'
import { assertOwnUpload } from '../own-upload.ts'
import { statPlace, toAttributes } from '../tree.ts'
import type { Visitor } from '../visitor.ts'
import type { Handler } from './handler.ts'

/** STAT and LSTAT are one: there are no links to follow. */
export const stat: Handler<'stat' | 'lstat'> = async (visitor, { id, path }) =>
  encodeAttributesReply(id, await statPlace(visitor, resolvePath(visitor.account, path)))

export const fstat: Handler<'fstat'> = async (visitor, { id, handle }) => {
  const thing = visitor.handles.find(handle)
  if (thing.kind === 'folder') {
    return encodeAttributesReply(id, await statPlace(visitor, thing.place))
  }
  if (thing.kind === 'reading') {
    return encodeAttributesReply(id, toAttributes(await thing.file.stat(), thing.area))
  }
  const { size, accessedAt, modifiedAt } = await thing.file.stat()
  const stats = { size, atime: accessedAt, mtime: modifiedAt, isDirectory: () => false }
  return encodeAttributesReply(id, toAttributes(stats, 'inbox'))
}

/** To cut a file is to go on with its bytes. */
const cut: OpenMode = {
  read: false,
  write: true,
  create: false,
  truncate: false,
  exclusive: false,
  append: false,
}

/**
 * Applies size and times to a file in the inbox. Owner and permissions are answered with OK and not done: senders set them out
 * of habit and count a refusal as a failed transfer.
 */
export async function changePath(
  visitor: Visitor,
  path: Buffer,
  { size, accessedAt, modifiedAt }: AttributeChanges,
): Promise<void> {
  const place = resolvePath(visitor.account, path)
  const { receiving } = visitor.inbox
  if (size !== undefined) {
    await visitor.assertAccess()
    visitor.assertNoMaintenance()
    const segments = assertWritable(place)
    await assertOwnUpload(visitor, segments, cut)
    await assertOwnFile(visitor, segments)
    await receiving.truncate(visitor.sender, segments, size)
  }
  if (place.kind === 'virtual' || place.area !== 'inbox' || place.segments.length === 0) return
  if (accessedAt !== undefined && modifiedAt !== undefined) {
    await assertOwnFile(visitor, place.segments)
    await receiving.setTimes(visitor.sender, place.segments, accessedAt, modifiedAt)
  }
}

export const setstat: Handler<'setstat'> = async (visitor, { id, path, changes }) => {
  await changePath(visitor, path, changes)
  return encodeStatus(id, statusCodes.ok)
}

async function changeOpen(thing: OpenThing, changes: AttributeChanges): Promise<void> {
  const { size, accessedAt, modifiedAt } = changes
  if (thing.kind !== 'incoming') {
    if (size === undefined) return
    throw new AccessError('PATH_READ_ONLY', 'The file is open for reading only.')
  }
  if (size !== undefined) await thing.file.truncate(size)
  if (accessedAt !== undefined && modifiedAt !== undefined) {
    await thing.file.setTimes(accessedAt, modifiedAt)
  }
}

export const fsetstat: Handler<'fsetstat'> = async (visitor, { id, handle, changes }) => {
  await changeOpen(visitor.handles.find(handle), changes)
  return encodeStatus(id, statusCodes.ok)
}
