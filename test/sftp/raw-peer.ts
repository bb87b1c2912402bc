import { spawn } from 'node:child_process'
import { once } from 'node:events'
import type { Readable, Writable } from 'node:stream'
import type ssh2 from 'ssh2'
import type { ClientChannel } from 'ssh2'
import { encodePacket } from '../support/ssh-session.ts'
import type { Field, RawReply } from '../support/ssh-session.ts'

/** Packet types by the names of the draft. */
export const types = {
  INIT: 1,
  VERSION: 2,
  OPEN: 3,
  CLOSE: 4,
  READ: 5,
  WRITE: 6,
  LSTAT: 7,
  FSTAT: 8,
  SETSTAT: 9,
  FSETSTAT: 10,
  OPENDIR: 11,
  READDIR: 12,
  REMOVE: 13,
  MKDIR: 14,
  RMDIR: 15,
  REALPATH: 16,
  STAT: 17,
  RENAME: 18,
  READLINK: 19,
  SYMLINK: 20,
  STATUS: 101,
  HANDLE: 102,
  DATA: 103,
  NAME: 104,
  ATTRS: 105,
  EXTENDED: 200,
  EXTENDED_REPLY: 201,
} as const

/** pflags of OPEN. */
export const flags = {
  read: 1,
  write: 2,
  append: 4,
  create: 8,
  truncate: 16,
  exclusive: 32,
} as const

/** One end of an SFTP stream, packet by packet; whatever is at the other end. */
export interface RawPeer {
  send(...packets: readonly Buffer[]): void
  /** The next reply. Rejects when the stream ends first. */
  next(): Promise<RawReply>
  ask(type: number, ...fields: readonly Field[]): Promise<RawReply>
  /** Opens a file or folder; gives the handle. */
  open(path: Field, pflags: number): Promise<Buffer>
  opendir(path: Field): Promise<Buffer>
  /** Hears every chunk that comes in. */
  onBytes(listener: (chunk: Buffer) => void): void
}

/** The status code in a STATUS reply; an error for any other. */
export function statusOf({ type, body }: RawReply): number {
  if (type !== types.STATUS) throw new Error(`The reply is of type ${type}, not STATUS.`)
  return body.readUInt32BE(0)
}

/** The sentence in a STATUS reply. */
export function textOf({ body }: RawReply): string {
  return body.subarray(8, 8 + body.readUInt32BE(4)).toString()
}

/** The string that a HANDLE or DATA reply consists of, or that stands at an offset. */
export function stringOf({ body }: RawReply, at = 0): Buffer {
  return body.subarray(at + 4, at + 4 + body.readUInt32BE(at))
}

function handleOf(reply: RawReply): Buffer {
  if (reply.type === types.HANDLE) return Buffer.from(stringOf(reply))
  throw new Error(`not opened: ${reply.type === types.STATUS ? textOf(reply) : reply.type}`)
}

/** Speaks SFTP over a pair of streams. */
export function createRawPeer(input: Readable, output: Writable): RawPeer {
  let chunks: Buffer[] = []
  let available = 0
  let isOver = false
  let lastId = 0
  const waiting: { resolve: (reply: RawReply) => void; reject: (error: Error) => void }[] = []
  const listeners: ((chunk: Buffer) => void)[] = []

  function join(): Buffer {
    if (chunks.length !== 1) chunks = [Buffer.concat(chunks)]
    return chunks[0]!
  }

  function lengthOfNext(): number | undefined {
    if (available < 4) return undefined
    if (chunks[0]!.length < 4) join()
    return chunks[0]!.readUInt32BE(0)
  }

  function deliver(): void {
    while (waiting.length > 0) {
      const length = lengthOfNext()
      if (length === undefined || available < 4 + length) break
      const all = chunks[0]!.length >= 4 + length ? chunks[0]! : join()
      const packet = all.subarray(4, 4 + length)
      chunks[0] = all.subarray(4 + length)
      available -= 4 + length
      if (chunks[0].length === 0) chunks.shift()
      const id = packet.readUInt32BE(1)
      waiting.shift()!.resolve({ type: packet.readUInt8(0), id, body: packet.subarray(5) })
    }
    if (isOver) for (const { reject } of waiting.splice(0)) reject(new Error('The stream ended.'))
  }

  input.on('data', (chunk: Buffer) => {
    for (const listener of listeners) listener(chunk)
    chunks.push(chunk)
    available += chunk.length
    deliver()
  })
  const end = (): void => {
    isOver = true
    deliver()
  }
  input.on('end', end).on('close', end).on('error', end)
  output.on('error', () => undefined)

  const peer: RawPeer = {
    send: (...packets) => void output.write(Buffer.concat(packets)),
    next: () =>
      new Promise((resolve, reject) => {
        waiting.push({ resolve, reject })
        deliver()
      }),
    async ask(type, ...fields) {
      lastId += 1
      const id = lastId
      peer.send(encodePacket(type, [id, ...fields]))
      const reply = await peer.next()
      if (reply.id !== id && type !== types.INIT)
        throw new Error(`Reply ${reply.id} came instead of ${id}.`)
      return reply
    },
    open: async (path, pflags) => handleOf(await peer.ask(types.OPEN, path, pflags, 0)),
    opendir: async (path) => handleOf(await peer.ask(types.OPENDIR, path)),
    onBytes: (listener) => void listeners.push(listener),
  }
  return peer
}

export interface OpenedPeer extends RawPeer {
  readonly channel: ClientChannel
}

/** Opens the subsystem `sftp` on a connected client; unless told otherwise INIT is done. */
export async function openPeer(client: ssh2.Client, { init = true } = {}): Promise<OpenedPeer> {
  const channel = await new Promise<ClientChannel>((resolve, reject) => {
    client.subsys('sftp', (error, opened) =>
      error === undefined ? resolve(opened) : reject(error),
    )
  })
  channel.on('error', () => undefined)
  const peer = createRawPeer(channel, channel)
  if (init) {
    peer.send(encodePacket(types.INIT, [3]))
    await peer.next()
  }
  return { ...peer, channel }
}

export interface ProgramPeer extends RawPeer {
  end(): Promise<void>
}

/** Starts OpenSSH's `sftp-server` in a folder. */
export async function startSftpServer(program: string, folder: string): Promise<ProgramPeer> {
  const child = spawn(program, ['-e'], { cwd: folder, stdio: ['pipe', 'pipe', 'ignore'] })
  const closed = once(child, 'close')
  const peer = createRawPeer(child.stdout, child.stdin)
  peer.send(encodePacket(types.INIT, [3]))
  await peer.next()
  return {
    ...peer,
    async end() {
      child.stdin.end()
      await closed
    },
  }
}
