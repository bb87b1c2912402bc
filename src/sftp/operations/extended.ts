import { AccessError, UsageError } from '../../errors/index.ts'
import { decodeAttributes } from '../codec/attributes.ts'
import { statusCodes } from '../codec/constants.ts'
import type { PacketReader } from '../codec/packet-reader.ts'
import { encodeNumbers, encodeStatus } from '../codec/packet-writer.ts'
import { resolvePath, startFolder } from '../jail.ts'
import { maxHandlesPerSession, maxPacketBytes, maxTransferBytes } from '../limits.ts'
import { statPlace } from '../tree.ts'
import type { Visitor } from '../visitor.ts'
import { changePath } from './attributes.ts'
import type { Handler } from './handler.ts'
import { encodePath, moveFile } from './names.ts'

type Extension = (visitor: Visitor, id: number, fields: PacketReader) => Promise<Buffer>

/** The numbers of OpenSSH's PROTOCOL §4.4: what the account may still send, else the disk without its reserve. */
async function measureRoom({ inbox, sender }: Visitor, id: number): Promise<Buffer> {
  const room = await inbox.receiving.measureRoom(sender)
  const { blockBytes, totalEntries, freeEntries } = room
  const blocks = Math.floor(room.totalBytes / blockBytes)
  const free = Math.floor(room.freeBytes / blockBytes)
  const noSetuid = 2
  const longestName = 255
  return encodeNumbers(id, [
    ...[blockBytes, blockBytes, blocks, free, free, totalEntries, freeEntries, freeEntries],
    ...[0, noSetuid, longestName],
  ])
}

function noOtherHomes(): AccessError {
  return new AccessError('PATH_OUTSIDE', 'There are no other home folders here.')
}

/** `~` and `~/x` are the start folder; other people's homes do not exist. */
function expandPath(path: Buffer): Buffer {
  const text = path.toString('latin1')
  if (!text.startsWith('~')) return path
  if (text === '~' || text.startsWith('~/')) return path.subarray(text === '~' ? 1 : 2)
  throw noOtherHomes()
}

const table: Readonly<Record<string, Extension>> = {
  'posix-rename@openssh.com': async (visitor, id, fields) => {
    await moveFile(visitor, fields.bytes(), fields.bytes(), { overwrite: true })
    return encodeStatus(id, statusCodes.ok)
  },
  'statvfs@openssh.com': async (visitor, id, fields) => {
    await statPlace(visitor, resolvePath(visitor.account, fields.bytes()))
    return measureRoom(visitor, id)
  },
  'fstatvfs@openssh.com': async (visitor, id, fields) => {
    visitor.handles.find(fields.bytes())
    return measureRoom(visitor, id)
  },
  'fsync@openssh.com': async (visitor, id, fields) => {
    const thing = visitor.handles.find(fields.bytes())
    if (thing.kind === 'incoming') await thing.file.sync()
    return encodeStatus(id, statusCodes.ok)
  },
  'limits@openssh.com': (_visitor, id) =>
    Promise.resolve(
      encodeNumbers(id, [maxPacketBytes, maxTransferBytes, maxTransferBytes, maxHandlesPerSession]),
    ),
  'lsetstat@openssh.com': async (visitor, id, fields) => {
    await changePath(visitor, fields.bytes(), decodeAttributes(fields))
    return encodeStatus(id, statusCodes.ok)
  },
  'expand-path@openssh.com': (_visitor, id, fields) =>
    Promise.resolve(encodePath(id, expandPath(fields.bytes()))),
  'home-directory': ({ account }, id, fields) => {
    const name = fields.bytes().toString()
    if (name !== '' && name !== account.account) throw noOtherHomes()
    return Promise.resolve(encodePath(id, Buffer.from(startFolder)))
  },
  'hardlink@openssh.com': () =>
    Promise.reject(new AccessError('LINKS_REFUSED', 'Links are not allowed here.')),
}

/** Requests beyond version 3, by the name that the client gives (OpenSSH's PROTOCOL §4, draft-ietf-secsh-filexfer-extensions-00). */
export const extended: Handler<'extended'> = async (visitor, { id, name, fields }) => {
  const extension = Object.hasOwn(table, name) ? table[name] : undefined
  if (extension === undefined) {
    throw new UsageError('REQUEST_UNSUPPORTED', 'The server does not have this extension.')
  }
  return extension(visitor, id, fields)
}
