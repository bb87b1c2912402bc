import type { Socket } from 'node:net'
import type { ServerChannel } from 'ssh2'
import { AppError, LimitError, UsageError } from '../errors/index.ts'
import { packetTypes, protocolVersion, statusCodes } from './codec/constants.ts'
import { createPacketSplitter } from './codec/packet-splitter.ts'
import { encodeStatus, encodeVersion } from './codec/packet-writer.ts'
import { decodeRequest } from './codec/requests.ts'
import type { Request, Undecoded } from './codec/requests.ts'
import type { OpenThing } from './handles.ts'
import { failedWriteMs, maxSocketBytes } from './limits.ts'
import { perform } from './operations/operations.ts'
import { createRequestQueue } from './request-queue.ts'
import { isUnexpected, toStatus } from './status.ts'
import type { Visitor } from './visitor.ts'

export interface SftpChannelParts {
  /** The plain channel of ssh2, from its `subsystem` event. */
  readonly channel: ServerChannel
  /** The connection below, whose fill level ssh2 does not look at. */
  readonly socket: Socket
  readonly visitor: Visitor
  /** Called for each piece that the client sends. */
  readonly onActivity: () => void
}

type AbandonReason = 'CONNECTION_LOST' | 'SERVER_STOPPED' | 'WRITE_FAILED'

export interface SftpChannel {
  /** Ends the channel without finishing what waits; open uploads become partial. Settles when all is put away. */
  abort(reason: AbandonReason): Promise<void>
  /** The connection below is gone: what was received is finished, nothing more is sent. Settles when all is put away. */
  disconnect(): Promise<void>
}

async function putAway(thing: OpenThing, reason: AbandonReason): Promise<void> {
  if (thing.kind === 'incoming') await thing.file.abandon(reason)
  else if (thing.kind === 'reading') await thing.file.close()
  else await thing.entries.return()
}

/** A reply for each request, even for those that cannot be understood. Never rejects. */
async function answer(visitor: Visitor, request: Request | Undecoded): Promise<Buffer> {
  try {
    if (request.type === 'malformed') throw request.fault
    if (request.type === 'unknown') {
      throw new UsageError('REQUEST_UNSUPPORTED', 'The server does not have this SFTP request.')
    }
    return await perform(visitor, request)
  } catch (thrown) {
    const { code, text } = toStatus(thrown)
    const fields = {
      request: request.type,
      ...(thrown instanceof AppError && { code: thrown.code }),
    }
    if (isUnexpected(thrown)) visitor.log.error('SFTP request failed', { ...fields, err: thrown })
    else if (code !== statusCodes.noSuchFile) visitor.log.info('SFTP request refused', fields)
    return encodeStatus(request.id, code, text)
  }
}

/** INIT must come first and ask for version 3 or newer (draft-ietf-secsh-filexfer-02 §4). */
function checkInit(packet: Buffer): LimitError | undefined {
  const isInit = packet.length >= 5 && packet.readUInt8(0) === packetTypes.init
  if (isInit && packet.readUInt32BE(1) >= protocolVersion) return undefined
  return new LimitError(
    'PROTOCOL_ERROR',
    'The channel did not begin with INIT of version 3 or newer.',
  )
}

/**
 * Speaks SFTP version 3 on one channel, from INIT to its end.
 *
 * The channel is read only as fast as requests are answered, so memory stays flat whatever a client sends. When the client is done, it
 * is told exit status 0: OpenSSH waits for it, and its scp reports a failure without it.
 */
export function createSftpChannel({
  channel,
  socket,
  visitor,
  onActivity,
}: SftpChannelParts): SftpChannel {
  const splitter = createPacketSplitter()
  let isInitialised = false
  let isDead = false
  let isDeaf = false
  let ending: Promise<void> | undefined
  let failedWrite: NodeJS.Timeout | undefined

  const isCongested = (): boolean =>
    !isDead && (channel.writableNeedDrain || socket.writableLength > maxSocketBytes)

  const queue = createRequestQueue({
    answer: async (request) => {
      const reply = await answer(visitor, request)
      if (request.type === 'write' && visitor.handles.list().some(hasFailed)) watchFailedWrite()
      return reply
    },
    send(replies) {
      if (isDead || replies.length === 0) return
      if (replies.length === 1 && replies[0] !== undefined) channel.write(replies[0])
      else channel.write(Buffer.concat(replies))
    },
    isCongested,
    onRoom: () => {
      if (channel.isPaused()) channel.resume()
    },
  })

  function hasFailed(thing: OpenThing): boolean {
    return thing.kind === 'incoming' && thing.hasFailed
  }

  /** Some clients wait for ever after a failed WRITE (SSH.NET); a channel that ends is a failure that they see. */
  function watchFailedWrite(): void {
    failedWrite ??= setTimeout(() => {
      failedWrite = undefined
      if (visitor.handles.list().some(hasFailed)) void end(1, 'WRITE_FAILED')
    }, failedWriteMs)
  }

  async function finish(exitCode: number, reason: AbandonReason): Promise<void> {
    await queue.whenIdle()
    clearTimeout(failedWrite)
    for (const thing of visitor.handles.takeAll()) {
      await putAway(thing, reason).catch((thrown: unknown) => {
        visitor.log.error('File not put away', { err: thrown })
      })
    }
    if (isDead) return
    channel.exit(exitCode)
    channel.end()
  }

  function end(exitCode: number, reason: AbandonReason): Promise<void> {
    return (ending ??= finish(exitCode, reason))
  }

  function fail(fault: LimitError): void {
    isDeaf = true
    visitor.log.warn('SFTP channel ended: protocol broken', { err: fault })
    channel.resume()
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
    if (!queue.push(requests)) channel.pause()
    return fault
  }

  function takeChunk(chunk: Buffer): void {
    if (isDeaf) return
    onActivity()
    const { packets, fault: lengthFault } = splitter.push(chunk)
    const fault = takePackets(packets) ?? lengthFault
    if (fault !== undefined) fail(fault)
  }

  const onDrain = (): void => queue.resume()

  function disconnect(): Promise<void> {
    isDead = true
    socket.off('drain', onDrain)
    queue.resume()
    return end(0, 'CONNECTION_LOST')
  }

  socket.on('drain', onDrain)
  channel.on('drain', onDrain)
  channel.on('error', (err: Error) => visitor.log.warn('SFTP channel failed', { err }))
  channel.on('data', takeChunk)
  channel.once('end', () => void end(0, 'CONNECTION_LOST'))
  channel.once('close', () => void disconnect())

  return {
    async abort(reason) {
      isDeaf = true
      queue.drop()
      await end(1, reason)
    },
    disconnect,
  }
}
