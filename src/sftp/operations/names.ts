import { AccessError } from '../../errors/index.ts'
import { statusCodes } from '../codec/constants.ts'
import { encodeNames, encodeStatus } from '../codec/packet-writer.ts'
import { assertCreatable, assertWritable, normalisePath, resolvePath } from '../jail.ts'
import { removeFromOutbox } from '../tree.ts'
import type { Visitor } from '../visitor.ts'
import type { Handler } from './handler.ts'

const unknownAttributes = {
  size: 0,
  mode: 0,
  accessedAt: new Date(0),
  modifiedAt: new Date(0),
}

/** A NAME reply with one path, as REALPATH and its kin give it. Nothing need exist there. */
export function encodePath(id: number, path: Buffer): Buffer {
  const name = `/${normalisePath(path).join('/')}`
  return encodeNames(id, [{ name, longName: name, attributes: unknownAttributes }])
}

export const realpath: Handler<'realpath'> = (_visitor, { id, path }) =>
  Promise.resolve(encodePath(id, path))

export const remove: Handler<'remove'> = async (visitor, { id, path }) => {
  await visitor.assertAccess()
  const place = resolvePath(visitor.account, path)
  if (place.kind === 'area' && place.area === 'outbox' && place.segments.length > 0) {
    await removeFromOutbox(visitor, place)
  } else {
    await visitor.inbox.receiving.remove(visitor.sender, assertWritable(place))
  }
  return encodeStatus(id, statusCodes.ok)
}

/** Gives a file another name inside the inbox. Only `posix-rename@openssh.com` replaces what stands there. */
export async function moveFile(
  visitor: Visitor,
  from: Buffer,
  to: Buffer,
  options: { overwrite: boolean },
): Promise<void> {
  await visitor.assertAccess()
  const source = assertWritable(resolvePath(visitor.account, from))
  const target = assertCreatable(resolvePath(visitor.account, to))
  await visitor.inbox.receiving.rename(visitor.sender, source, target, options)
}

export const rename: Handler<'rename'> = async (visitor, { id, from, to }) => {
  await moveFile(visitor, from, to, { overwrite: false })
  return encodeStatus(id, statusCodes.ok)
}

/** Links would lead out of the account's tree. */
export const refuseLink: Handler<'readlink' | 'symlink'> = () =>
  Promise.reject(new AccessError('LINKS_REFUSED', 'Links are not allowed here.'))
