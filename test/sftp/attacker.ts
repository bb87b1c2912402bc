import { setImmediate as turn } from 'node:timers/promises'
import { connectClient, encodePacket } from '../support/ssh-session.ts'
import type { Target } from '../support/ssh-session.ts'
import { flags, openPeer, types } from './raw-peer.ts'
import type { OpenedPeer } from './raw-peer.ts'

/** What a hostile client does. Only `read-on` and `write-on` fetch their replies, as fast as they can. */
export interface Attack {
  readonly target: Target
  readonly act:
    'read' | 'read-tcp' | 'read-on' | 'open' | 'write' | 'write-on' | 'stat' | 'beyond-window'
  readonly channels: number
  /** Requests on each channel. */
  readonly count: number
  /** Path of a large file. */
  readonly path: string
}

/** What ssh2's client knows of a channel, and a hostile one may change. */
interface Inside {
  readonly outgoing: { readonly id: number; window: number }
  readonly _client: {
    readonly _protocol: { channelWindowAdjust(id: number, bytes: number): void }
    readonly _sock: { pause(): void }
  }
}

const most = 255 * 1024

async function createRequest(attack: Attack, peer: OpenedPeer): Promise<(index: number) => Buffer> {
  const { act, path } = attack
  if (act === 'open') return (index) => encodePacket(types.OPEN, [index, path, flags.read, 0])
  if (act === 'stat') return (index) => encodePacket(types.STAT, [index, path])
  if (act === 'write' || act === 'write-on') {
    const name = `flood-${process.pid}-${Math.random().toString(36).slice(2)}.csv.tmp`
    const handle = await peer.open(name, flags.write | flags.create | flags.truncate)
    const data = Buffer.alloc(32_000, 'x')
    // Over and over the same 64 MB, so that no disk is filled.
    return (index) =>
      encodePacket(types.WRITE, [index, handle, BigInt((index % 2000) * data.length), data])
  }
  const handle = await peer.open(path, flags.read)
  return (index) => encodePacket(types.READ, [index, handle, 0n, most])
}

async function flood(attack: Attack, peer: OpenedPeer): Promise<void> {
  const { act, count } = attack
  const request = await createRequest(attack, peer)
  const { channel } = peer
  const inside = channel as unknown as Inside
  const isBeyond = act === 'beyond-window'
  if (act === 'read-tcp') {
    // A window without end, and then nothing is taken from the socket.
    inside._client._protocol.channelWindowAdjust(inside.outgoing.id, 0x7fff_ffff)
    inside._client._sock.pause()
  }
  if (!act.endsWith('-on')) channel.pause()
  else channel.removeAllListeners('data').resume()
  for (let index = 0; index < count; index += 50) {
    if (isBeyond) inside.outgoing.window = Number.MAX_SAFE_INTEGER
    const packets = Array.from({ length: Math.min(50, count - index) }, (_, at) =>
      request(index + at),
    )
    // Requests of an unknown kind: good SFTP, but more than the server allowed for.
    if (isBeyond) packets.push(encodePacket(99, [index, Buffer.alloc(200_000)]))
    await new Promise<void>((resolve) => channel.write(Buffer.concat(packets), () => resolve()))
    await turn()
  }
}

const attack = JSON.parse(process.argv[2] ?? '') as Attack
const client = await connectClient(attack.target)
client.once('close', () => {
  process.stdout.write('closed\n')
  process.exit(0)
})
const peers: OpenedPeer[] = []
for (let index = 0; index < attack.channels; index++) peers.push(await openPeer(client))
process.stdout.write('begun\n')
await Promise.all(peers.map((peer) => flood(attack, peer)))
process.stdout.write('sent\n')
