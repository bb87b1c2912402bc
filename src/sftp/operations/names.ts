import { AccessError } from '../../errors/index.ts'
import { statusCodes } from '../codec/constants.ts'
import { encodeNames, encodeStatus } from '../codec/packet-writer.ts'
import { assertCreatable, assertWritable, normalisePath, resolvePath } from '../jail.ts'
import { noteAct, toClientPath } from '../note-act.ts'
import { removeFromOutbox } from '../tree.ts'
import type { Visitor } from '../visitor.ts'
import type { Handler } from './handler.ts'

/** A NAME reply with one path and no attributes, as REALPATH and its kin give it. Nothing need exist there. */
export function encodePath(id: number, path: Buffer): Buffer {
  const name = `/${normalisePath(path).join('/')}`
  return encodeNames(id, [{ name, longName: name, attributes: undefined }])
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
  noteAct(visitor, 'file.removed', toClientPath(place))
  return encodeStatus(id, statusCodes.ok)
}

const toInboxName = (segments: readonly string[]) => `/inbox/${segments.join('/')}`

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
  noteAct(visitor, 'file.renamed', toInboxName(source), { to: toInboxName(target) })
}

export const rename: Handler<'rename'> = async (visitor, { id, from, to }) => {
  await moveFile(visitor, from, to, { overwrite: false })
  return encodeStatus(id, statusCodes.ok)
}

/** Links would lead out of the account's tree. */
export const refuseLink: Handler<'readlink' | 'symlink'> = () =>
  Promise.reject(new AccessError('LINKS_REFUSED', 'Links are not allowed here.'))
