import { toError } from '../../errors/index.ts'
import { decodeAttributes } from './attributes.ts'
import type { AttributeChanges } from './attributes.ts'
import { packetTypes } from './constants.ts'
import { createPacketReader } from './packet-reader.ts'
import type { PacketReader } from './packet-reader.ts'

/** The fields of each request, by the name of its type. Paths and handles are the client's bytes. */
export interface RequestFields {
  open: { path: Buffer; flags: number }
  close: { handle: Buffer }
  read: { handle: Buffer; offset: number; length: number }
  write: { handle: Buffer; offset: number; data: Buffer }
  lstat: { path: Buffer }
  fstat: { handle: Buffer }
  setstat: { path: Buffer; changes: AttributeChanges }
  fsetstat: { handle: Buffer; changes: AttributeChanges }
  opendir: { path: Buffer }
  readdir: { handle: Buffer }
  remove: { path: Buffer }
  mkdir: { path: Buffer }
  rmdir: { path: Buffer }
  realpath: { path: Buffer }
  stat: { path: Buffer }
  rename: { from: Buffer; to: Buffer }
  readlink: object
  symlink: object
  extended: { name: string; fields: PacketReader }
}

export type RequestType = keyof RequestFields

/** A decoded request of the given type; the union of all without one. */
export type Request<Type extends RequestType = RequestType> = {
  [Name in Type]: { readonly type: Name; readonly id: number } & Readonly<RequestFields[Name]>
}[Type]

/** What is no request: answered with BAD_MESSAGE or OP_UNSUPPORTED under its id, a second INIT with VERSION, as OpenSSH does. */
export type Undecoded =
  | { readonly type: 'init'; readonly id: number }
  | { readonly type: 'malformed'; readonly id: number; readonly fault: Error }
  | { readonly type: 'unknown'; readonly id: number; readonly code: number }

const decoders: { [Type in RequestType]: (reader: PacketReader) => RequestFields[Type] } = {
  open: (reader) => ({ path: reader.bytes(), flags: reader.uint32() }),
  close: (reader) => ({ handle: reader.bytes() }),
  read: (reader) => ({
    handle: reader.bytes(),
    offset: reader.uint64(),
    length: reader.uint32(),
  }),
  write: (reader) => ({ handle: reader.bytes(), offset: reader.uint64(), data: reader.bytes() }),
  lstat: (reader) => ({ path: reader.bytes() }),
  fstat: (reader) => ({ handle: reader.bytes() }),
  setstat: (reader) => ({ path: reader.bytes(), changes: decodeAttributes(reader) }),
  fsetstat: (reader) => ({ handle: reader.bytes(), changes: decodeAttributes(reader) }),
  opendir: (reader) => ({ path: reader.bytes() }),
  readdir: (reader) => ({ handle: reader.bytes() }),
  remove: (reader) => ({ path: reader.bytes() }),
  mkdir: (reader) => ({ path: reader.bytes() }),
  rmdir: (reader) => ({ path: reader.bytes() }),
  realpath: (reader) => ({ path: reader.bytes() }),
  stat: (reader) => ({ path: reader.bytes() }),
  rename: (reader) => ({ from: reader.bytes(), to: reader.bytes() }),
  readlink: () => ({}),
  symlink: () => ({}),
  extended: (reader) => ({ name: reader.bytes().toString('latin1'), fields: reader }),
}

const typesByCode = new Map<number, RequestType>(
  (Object.keys(decoders) as RequestType[]).map((type) => [packetTypes[type], type]),
)

/** Decodes one packet after INIT. undefined when it is too short to have an id: such a stream cannot go on. Never throws. */
export function decodeRequest(packet: Buffer): Request | Undecoded | undefined {
  if (packet.length < 5) return undefined
  const code = packet.readUInt8(0)
  const id = packet.readUInt32BE(1)
  if (code === packetTypes.init) return { type: 'init', id }
  const type = typesByCode.get(code)
  if (type === undefined) return { type: 'unknown', id, code }
  try {
    return { type, id, ...decoders[type](createPacketReader(packet, 5)) } as Request
  } catch (thrown) {
    return { type: 'malformed', id, fault: toError(thrown) }
  }
}
