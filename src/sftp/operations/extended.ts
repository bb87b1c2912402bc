import { statfs } from 'node:fs/promises'
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

/** The numbers of OpenSSH's PROTOCOL §4.4: those of the disk that the inbox is on. */
async function measureDisk({ inbox, sender }: Visitor, id: number): Promise<Buffer> {
  const disk = await statfs(inbox.layout.area(sender.agency.agency, 'inbox'), { bigint: true })
  const { bsize, blocks, bfree, bavail, files, ffree } = disk
  const noSetuid = 2
  const longestName = 255
  return encodeNumbers(id, [
    ...[bsize, bsize, blocks, bfree, bavail, files, ffree, ffree],
    ...[0, noSetuid, longestName],
  ])
}

/** `~` and `~/x` are the start folder; other people's homes do not exist. */
function expandPath(path: Buffer): Buffer {
  const text = path.toString('latin1')
  if (!text.startsWith('~')) return path
  if (text === '~' || text.startsWith('~/')) return path.subarray(text === '~' ? 1 : 2)
  throw new AccessError('PATH_OUTSIDE', 'There are no other home folders here.')
}

const table: Readonly<Record<string, Extension>> = {
  'posix-rename@openssh.com': async (visitor, id, fields) => {
    await moveFile(visitor, fields.bytes(), fields.bytes(), { overwrite: true })
    return encodeStatus(id, statusCodes.ok)
  },
  'statvfs@openssh.com': async (visitor, id, fields) => {
    await statPlace(visitor, resolvePath(visitor.account, fields.bytes()))
    return measureDisk(visitor, id)
  },
  'fstatvfs@openssh.com': async (visitor, id, fields) => {
    visitor.handles.find(fields.bytes())
    return measureDisk(visitor, id)
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
  'home-directory': (_visitor, id) => Promise.resolve(encodePath(id, Buffer.from(startFolder))),
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
