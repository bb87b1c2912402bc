import type { Socket } from 'node:net'
import type { ServerChannel } from 'ssh2'
import { LimitError } from '../errors/index.ts'
import { createAnswerer } from './answer.ts'
import type { BandwidthLane } from './bandwidth.ts'
import type { Budget } from './budget.ts'
import { toCharge } from './charge.ts'
import { checkInit } from './check-init.ts'
import { corkTurn } from './cork-turn.ts'
import { packetTypes, statusCodes } from './codec/constants.ts'
import { createPacketSplitter } from './codec/packet-splitter.ts'
import { encodeVersion } from './codec/packet-writer.ts'
import { decodeRequest } from './codec/requests.ts'
import type { Request, Undecoded } from './codec/requests.ts'
import type { OpenThing } from './handles.ts'
import { guardInflow } from './inflow.ts'
import { failedWriteMs, maxSocketBytes } from './limits.ts'
import { joinSmall } from './join-small.ts'
import { createRequestQueue } from './request-queue.ts'
import { createStallWatch } from './stall-watch.ts'
import { createReasonTeller } from './tell-reason.ts'
import type { Turns } from './turns.ts'
import type { Visitor } from './visitor.ts'

export interface SftpChannelParts {
  /** The plain channel of ssh2, from its `subsystem` event. */
  readonly channel: ServerChannel
  /** The connection below, whose fill level ssh2 does not look at. */
  readonly socket: Socket
  readonly visitor: Visitor
  /** True once the client has ended the channel itself, by EOF or CLOSE, rather than lost the connection. */
  readonly isEndedByClient: () => boolean
  /** Shared by all channels of the server. */
  readonly budget: Budget
  /** The channel's share in the bandwidth of its account. */
  readonly lane: BandwidthLane
  /** Who goes first, among all channels of the server. */
  readonly turns: Turns
  /** How long a client may leave its replies unfetched, in milliseconds. */
  readonly unfetchedMs: number
  /** Called when the connection must end: its client takes memory and gives none back. */
  readonly onStalled: () => void
  /** Called for each piece that the client sends. */
  readonly onActivity: () => void
}

type AbandonReason = 'CONNECTION_LOST' | 'SERVER_STOPPED' | 'WRITE_FAILED'
type EndReason = AbandonReason | 'CHANNEL_ENDED'

export interface SftpChannel {
  /** Ends the channel without finishing what waits; open uploads become partial. Settles when all is put away. */
  abort(reason: AbandonReason): Promise<void>
  /**
   * The client has closed the channel: nothing more is sent, what was received is read to its end. Without it a client that closes the channel
   * before it has fetched its replies would leave it behind, full and paused, until the connection ends.
   */
  hangUp(): void
  /** The connection below is gone: what was received is finished, nothing more is sent. Settles when all is put away. */
  disconnect(): Promise<void>
}

async function putAway(thing: OpenThing, reason: EndReason): Promise<void> {
  if (thing.kind === 'incoming')
    await (reason === 'CHANNEL_ENDED' ? thing.file.endUnclosed() : thing.file.abandon(reason))
  else if (thing.kind === 'reading') await thing.file.close()
  else await thing.entries.return()
}

/** Whether an encoded reply is a STATUS other than OK. */
function isRefusal(reply: Buffer): boolean {
  return reply.readUInt8(4) === packetTypes.status && reply.readUInt32BE(9) !== statusCodes.ok
}

function hasFailed(thing: OpenThing): boolean {
  return thing.kind === 'incoming' && thing.hasFailed
}

/**
 * Speaks SFTP version 3 on one channel, from INIT to its end.
 *
 * The channel is read only as fast as requests are answered, so memory stays flat whatever a client sends. When the client is done, it
 * is told exit status 0: OpenSSH waits for it, and its scp reports a failure without it.
 */
export function createSftpChannel(parts: SftpChannelParts): SftpChannel {
  const { channel, socket, visitor, lane, onActivity } = parts
  const splitter = createPacketSplitter((length) => visitor.packets.take(length))
  const answerer = createAnswerer(visitor, createReasonTeller(channel))
  let isInitialised = false
  let isDead = false
  let isDeaf = false
  let ending: Promise<void> | undefined
  let failedWrite: NodeJS.Timeout | undefined
  let isHeld = false

  const share = parts.budget.join(() => queue.resume())
  const turn = parts.turns.join(visitor.sender.account, () => queue.resume())
  const isFull = (): boolean =>
    !isDead && (channel.writableNeedDrain || socket.writableLength > maxSocketBytes)
  const stall = createStallWatch({
    socket,
    unsent: () => channel.writableLength,
    isCongested: isFull,
    unfetchedMs: parts.unfetchedMs,
    onStalled: () => {
      visitor.log.warn('SFTP session ended: the client does not fetch its replies')
      parts.onStalled()
    },
  })
  const inflow = guardInflow(channel, () => {
    visitor.log.warn('SFTP session ended: more was sent than the window allows')
    parts.onStalled()
  })

  function isCongested(request: Request | Undecoded): boolean {
    if (isFull()) {
      stall.note()
      return true
    }
    const charge = toCharge(request)
    if (isDead || charge === undefined) return false
    return !share.mayGrow(charge.purpose) || !turn.mayBegin()
  }

  const queue = createRequestQueue({
    async answer(request) {
      const charge = toCharge(request)
      if (charge !== undefined) {
        share.change(charge.purpose, charge.bytes)
      }
      turn.spend(charge?.bytes ?? 0)
      const reply = await answerer.answer(request)
      if (request.type === 'write') visitor.packets.give(request.data)
      const pause = request.type === 'read' ? lane.take(reply.length) : undefined
      if (pause !== undefined) await pause
      if (charge !== undefined) share.change(charge.purpose, -charge.bytes)
      share.change('reply', reply.length)
      if (request.type === 'write' && isRefusal(reply)) watchFailedWrite()
      return reply
    },
    send(replies) {
      if (isDead) return
      corkTurn(socket)
      for (const bytes of joinSmall(replies)) {
        channel.write(bytes, () => {
          share.change('reply', -bytes.length)
          visitor.packets.give(bytes)
        })
      }
    },
    isCongested,
    onRoom: () => {
      if (!isHeld) inflow.resume()
    },
  })

  /** Some clients wait for ever after a failed WRITE (SSH.NET); a channel that ends is a failure that they see. */
  function watchFailedWrite(): void {
    failedWrite ??= setTimeout(() => {
      failedWrite = undefined
      if (visitor.handles.list().some(hasFailed)) void end(1, 'WRITE_FAILED')
    }, failedWriteMs)
  }

  async function finish(exitCode: number, reason: EndReason): Promise<void> {
    await queue.whenIdle()
    clearTimeout(failedWrite)
    for (const thing of visitor.handles.takeAll()) {
      await putAway(thing, reason).catch((thrown: unknown) => {
        visitor.log.error('File not put away', { err: thrown })
      })
    }
    answerer.sumUp()
    await visitor.inbox.receiving.whenRecorded()
    if (isDead) return
    if (isFull()) stall.note()
    channel.exit(exitCode)
    channel.end()
  }

  function end(exitCode: number, reason: EndReason): Promise<void> {
    return (ending ??= finish(exitCode, reason))
  }

  function fail(fault: LimitError): void {
    isDeaf = true
    visitor.log.warn('SFTP channel ended: protocol broken', { err: fault })
    inflow.resume()
    void end(1, 'CONNECTION_LOST')
  }

  /** Queues the requests in the packets; gives what is wrong with the stream, if anything is. */
  function takePackets(packets: readonly Buffer[]): LimitError | undefined {
    const requests: (Request | Undecoded)[] = []
    let fault: LimitError | undefined
    for (const packet of packets) {
      if (!isInitialised) {
        fault = checkInit(packet)
        if (fault !== undefined) break
        isInitialised = true
        channel.write(encodeVersion())
        continue
      }
      const request = decodeRequest(packet)
      if (request === undefined) {
        fault = new LimitError('PROTOCOL_ERROR', 'A packet is too short to be a request.')
        break
      }
      requests.push(request)
    }
    if (!queue.push(requests)) inflow.pause()
    return fault
  }

  /** Over the bandwidth of the account: nothing is read until it is this channel's turn again. */
  function holdBack(turn: Promise<void>): void {
    isHeld = true
    inflow.pause()
    void turn.then(() => {
      isHeld = false
      queue.resume()
    })
  }

  function takeChunk(chunk: Buffer): void {
    if (isDeaf) return
    onActivity()
    const turn = lane.take(chunk.length)
    if (turn !== undefined) holdBack(turn)
    const { packets, fault: lengthFault } = splitter.push(chunk)
    const fault = takePackets(packets) ?? lengthFault
    if (fault !== undefined) fail(fault)
  }

  const onDrain = (): void => queue.resume()

  function disconnect(): Promise<void> {
    isDead = true
    lane.leave()
    socket.off('drain', onDrain)
    stall.stop()
    share.leave()
    turn.leave()
    queue.resume()
    return end(0, 'CONNECTION_LOST')
  }

  socket.on('drain', onDrain)
  channel.on('drain', onDrain)
  channel.on('error', (err: Error) => visitor.log.warn('SFTP channel failed', { err }))
  channel.on('data', takeChunk)
  channel.once('end', () => {
    void end(0, parts.isEndedByClient() ? 'CHANNEL_ENDED' : 'CONNECTION_LOST')
  })
  channel.once('close', () => void disconnect())

  return {
    async abort(reason) {
      isDeaf = true
      lane.leave()
      queue.drop()
      queue.resume()
      await end(1, reason)
    },
    hangUp() {
      isDead = true
      stall.stop()
      queue.resume()
    },
    disconnect,
  }
}
