import assert from 'node:assert/strict'
import {
  awaitClose,
  connectClient,
  encodePacket,
  openRawSftp,
} from '../../../support/ssh-session.ts'
import type { Field, RawReply, RawSftp, Target } from '../../../support/ssh-session.ts'

/** Request types of SFTP version 3 (draft-ietf-secsh-filexfer-02 §3). */
export const requests = {
  open: 3,
  close: 4,
  lstat: 7,
  setstat: 9,
  fsetstat: 10,
  opendir: 11,
  readdir: 12,
  remove: 13,
  stat: 17,
  rename: 18,
  write: 6,
  extended: 200,
} as const

export const status = { ok: 0, missing: 2, denied: 3, failure: 4 } as const
/** Flags of an attribute block. */
export const attributes = { none: 0, mode: 4, times: 8 } as const

const flags = { write: 0x02, append: 0x04, create: 0x08, truncate: 0x10, exclusive: 0x20 } as const
const [statusReply, handleReply, nameReply, attributesReply] = [101, 102, 104, 105]

type Request = readonly [type: number, ...fields: Field[]]

/** A client that repeats what another program puts on the wire. */
export interface Replay {
  readonly sftp: RawSftp
  /** Sends the requests in one write, without waiting between them; their replies, in order. */
  pipeline(...requests: readonly Request[]): Promise<RawReply[]>
  /** Opens with flags such as `write create truncate`. */
  open(path: string, flags: string): Promise<Buffer>
  /** WRITEs of one block each, the next ones sent before the first is answered; all must be answered OK. */
  writeAll(handle: Buffer, content: Buffer, offset?: number): Promise<void>
  /** One request whose reply is a status; gives its code. */
  status(...request: Request): Promise<number>
  /** Size by STAT, or the status code where there is none. */
  size(path: string, type?: number): Promise<{ size: number } | { code: number }>
  /** Names in a folder. */
  list(path: string): Promise<string[]>
  /** Closes the connection in order. */
  end(): Promise<void>
  /** Lets the connection die. */
  drop(): Promise<void>
}

/** Code of a STATUS reply; another reply fails the test. */
export function codeOf({ type, body }: RawReply): number {
  assert.equal(type, statusReply)
  return body.readUInt32BE(0)
}

/** Sentence of a STATUS reply. */
export function textOf({ body }: RawReply): string {
  return body.subarray(8, 8 + body.readUInt32BE(4)).toString()
}

/** The WRITE requests of a content in blocks of 32 KiB, the size that most clients use. */
export function toWrites(handle: Buffer, content: Buffer, offset = 0): Request[] {
  const block = 32_768
  return Array.from({ length: Math.ceil(content.length / block) }, (_, index) => {
    const at = index * block
    return [requests.write, handle, BigInt(offset + at), content.subarray(at, at + block)]
  })
}

function toBits(names: string): number {
  return names.split(' ').reduce((bits, name) => bits | flags[name as keyof typeof flags], 0)
}

function namesOf({ body }: RawReply): string[] {
  const names: string[] = []
  let at = 4
  const text = () => {
    const length = body.readUInt32BE(at)
    at += 4 + length
    return body.subarray(at - length, at).toString()
  }
  for (let count = body.readUInt32BE(0); count > 0; count--) {
    names.push(text())
    text()
    // size, uid, gid, mode, two times: what a longname server sends for each entry.
    at += 32
  }
  return names
}

/** Connects a client of its own, with a subsystem of its own. */
export async function createReplay(target: Target): Promise<Replay> {
  const client = await connectClient(target)
  const sftp = await openRawSftp(client)
  let id = 0

  async function pipeline(...all: readonly Request[]): Promise<RawReply[]> {
    const first = id + 1
    const packets = all.map(([type, ...fields]) => encodePacket(type, [++id, ...fields]))
    sftp.send(...packets)
    const replies: RawReply[] = []
    for (const [index] of packets.entries()) {
      const reply = await sftp.next()
      assert.equal(reply.id, first + index, 'replies come in the order of the requests')
      replies.push(reply)
    }
    return replies
  }

  async function ask(...request: Request): Promise<RawReply> {
    const [reply] = await pipeline(request)
    return reply!
  }

  return {
    sftp,
    pipeline,
    async open(path, names) {
      const reply = await ask(requests.open, path, toBits(names), attributes.none)
      assert.equal(reply.type, handleReply, reply.type === statusReply ? textOf(reply) : path)
      return reply.body.subarray(4, 4 + reply.body.readUInt32BE(0))
    },
    async writeAll(handle, content, offset = 0) {
      const replies = await pipeline(...toWrites(handle, content, offset))
      for (const reply of replies) assert.equal(codeOf(reply), status.ok, textOf(reply))
    },
    status: async (...request) => codeOf(await ask(...request)),
    async size(path, type = requests.stat) {
      const reply = await ask(type, path)
      if (reply.type !== attributesReply) return { code: codeOf(reply) }
      return { size: Number(reply.body.readBigUInt64BE(4)) }
    },
    async list(path) {
      const opened = await ask(requests.opendir, path)
      assert.equal(opened.type, handleReply)
      const handle = opened.body.subarray(4, 4 + opened.body.readUInt32BE(0))
      const names: string[] = []
      for (;;) {
        const reply = await ask(requests.readdir, handle)
        if (reply.type !== nameReply) break
        names.push(...namesOf(reply))
      }
      assert.equal(codeOf(await ask(requests.close, handle)), status.ok)
      return names.filter((name) => !/^\.\.?$/.test(name)).sort()
    },
    end: () => sftp.end(),
    async drop() {
      const closed = awaitClose(client)
      client.destroy()
      await closed
    },
  }
}
