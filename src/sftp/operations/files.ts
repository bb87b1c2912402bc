import { UnavailableError } from '../../errors/index.ts'
import type { IncomingFile, OpenMode } from '../../inbox/index.ts'
import { statusCodes } from '../codec/constants.ts'
import { dataHeaderLength, encodeHandle, encodeStatus, finishData } from '../codec/packet-writer.ts'
import type { Incoming, OpenThing, Reading } from '../handles.ts'
import { assertCreatable, resolvePath } from '../jail.ts'
import type { Place } from '../jail.ts'
import { maxTransferBytes } from '../limits.ts'
import { noteAct, toClientPath } from '../note-act.ts'
import { createReadLane } from '../read-lane.ts'
import { openForReading } from '../tree.ts'
import type { Visitor } from '../visitor.ts'
import { createWriteLane } from '../write-lane.ts'
import { assertOwnFile } from '../own-inode.ts'
import { assertOwnUpload } from '../own-upload.ts'
import type { Handler } from './handler.ts'
import { toOpenMode } from './open-mode.ts'

function createIncoming(file: IncomingFile, mayRead: boolean): Incoming {
  return {
    kind: 'incoming',
    file,
    lane: createWriteLane((chunks, offset) => file.write(chunks, offset)),
    mayRead,
    bytes: 0,
    hasFailed: false,
  }
}

async function openForWriting(visitor: Visitor, place: Place, mode: OpenMode): Promise<Incoming> {
  if (visitor.isDraining()) {
    throw new UnavailableError(
      'SERVER_DRAINING',
      'The server is stopping and takes no new files.',
      {
        hint: 'Send the file again in some minutes.',
      },
    )
  }
  visitor.assertNoMaintenance()
  const segments = assertCreatable(place)
  await assertOwnUpload(visitor, segments, mode)
  if (!mode.truncate) await assertOwnFile(visitor, segments)
  const file = await visitor.inbox.receiving.openFile(visitor.sender, segments, mode)
  const { uploadId } = file
  visitor.log.info('File opened', { uploadId })
  noteAct(visitor, 'file.opened', toClientPath(place), { uploadId, for: 'writing' })
  // Who only sends gets nothing back, not even of a file that is open for writing too: an older sender's rows may stand in it.
  return createIncoming(file, mode.read && !visitor.account.isPushOnly)
}

export const open: Handler<'open'> = async (visitor, { id, path, flags }) => {
  const place = resolvePath(visitor.account, path)
  const mode = toOpenMode(flags)
  await visitor.assertAccess()
  const handle = await visitor.handles.add(async (): Promise<OpenThing> => {
    if (mode.write) return openForWriting(visitor, place, mode)
    const opened = await openForReading(visitor, place)
    const path = toClientPath(place)
    noteAct(visitor, 'file.opened', path, { for: 'reading' })
    return { kind: 'reading', ...opened, lane: createReadLane(opened.file), path, bytes: 0 }
  })
  return encodeHandle(id, handle)
}

async function closeIncoming({ log }: Visitor, { file, bytes }: Incoming): Promise<void> {
  await file.close()
  log.info('File closed', { uploadId: file.uploadId, bytes })
}

async function closeReading(visitor: Visitor, { file, path, bytes }: Reading): Promise<void> {
  await file.close()
  noteAct(visitor, 'file.sent', path, { bytes })
}

/** OK is the promise of the whole product: it leaves only after the inbox says that the file is safe. */
export const close: Handler<'close'> = async (visitor, { id, handle }) => {
  const thing = visitor.handles.take(handle)
  if (thing.kind === 'incoming') await closeIncoming(visitor, thing)
  else if (thing.kind === 'reading') await closeReading(visitor, thing)
  else await thing.entries.return()
  return encodeStatus(id, statusCodes.ok)
}

export const read: Handler<'read'> = async (visitor, { id, handle, offset, length }) => {
  const thing = visitor.handles.find(handle)
  if (thing.kind === 'folder') return encodeStatus(id, statusCodes.failure, 'This is a folder.')
  if (thing.kind === 'incoming' && !thing.mayRead) {
    return encodeStatus(id, statusCodes.permissionDenied, 'The file is open for writing only.')
  }
  const wanted = Math.min(length, maxTransferBytes)
  const packet = visitor.packets.take(dataHeaderLength + wanted)
  let bytes: number
  if (thing.kind === 'reading') {
    const into = packet.subarray(dataHeaderLength, dataHeaderLength + wanted)
    bytes = await thing.lane.read(into, offset)
  } else {
    bytes = (await thing.file.read(wanted, offset)).copy(packet, dataHeaderLength)
  }
  if (bytes === 0 && wanted > 0) {
    visitor.packets.give(packet)
    return encodeStatus(id, statusCodes.endOfFile, 'End of file.')
  }
  visitor.tally.sentBytes += bytes
  if (thing.kind === 'reading') thing.bytes += bytes
  const reply = finishData(packet, id, bytes)
  // A reply that waits to be sent must not hold memory for what was asked for and does not exist.
  if (bytes >= wanted / 2) return reply
  const short = Buffer.from(reply)
  visitor.packets.give(packet)
  return short
}

export const write: Handler<'write'> = async (visitor, { id, handle, offset, data }) => {
  const thing = visitor.handles.find(handle)
  if (thing.kind !== 'incoming') {
    return encodeStatus(id, statusCodes.permissionDenied, 'The file is open for reading only.')
  }
  const { tally } = visitor
  tally.receivedBytes += data.length
  tally.outstandingBytes += data.length
  try {
    await thing.lane.write(data, offset)
    thing.bytes += data.length
  } catch (thrown) {
    thing.hasFailed = true
    throw thrown
  } finally {
    tally.outstandingBytes -= data.length
  }
  return encodeStatus(id, statusCodes.ok)
}
