import { ConflictError } from '../../errors/index.ts'
import { statusCodes } from '../codec/constants.ts'
import { encodeHandle, encodeNames, encodeStatus, measureEntry } from '../codec/packet-writer.ts'
import type { NamedEntry } from '../codec/packet-writer.ts'
import type { Folder } from '../handles.ts'
import { assertCreatable, assertWritable, resolvePath } from '../jail.ts'
import type { Place } from '../jail.ts'
import { maxEntriesPerPage, maxPageBytes } from '../limits.ts'
import { noteAct, toClientPath } from '../note-act.ts'
import { listPlace } from '../tree.ts'
import type { Handler } from './handler.ts'

export const opendir: Handler<'opendir'> = async (visitor, { id, path }) => {
  const place = resolvePath(visitor.account, path)
  const handle = await visitor.handles.add(async () => {
    const entries = await listPlace(visitor, place)
    return { kind: 'folder', place, entries, heldBack: undefined }
  })
  return encodeHandle(id, handle)
}

/** Takes the entries of the next page; old clients understand neither longer nor larger ones. */
async function takePage(folder: Folder): Promise<NamedEntry[]> {
  const page: NamedEntry[] = []
  let bytes = 0
  while (page.length < maxEntriesPerPage) {
    const entry = folder.heldBack ?? ((await folder.entries.next()).value || undefined)
    folder.heldBack = undefined
    if (entry === undefined) break
    bytes += measureEntry(entry)
    if (bytes > maxPageBytes) {
      folder.heldBack = entry
      break
    }
    page.push(entry)
  }
  return page
}

export const readdir: Handler<'readdir'> = async (visitor, { id, handle }) => {
  const thing = visitor.handles.find(handle)
  if (thing.kind !== 'folder') return encodeStatus(id, statusCodes.failure, 'This is a file.')
  const page = await takePage(thing)
  if (page.length === 0) return encodeStatus(id, statusCodes.endOfFile, 'End of the folder.')
  return encodeNames(id, page)
}

/** The folders of the house exist: scripts make the whole path before they send, and go on where it is there already. */
function assertMissing(place: Place): void {
  if (place.kind === 'area' && place.segments.length > 0) return
  throw new ConflictError('PATH_EXISTS', 'There is a folder of this name already.')
}

export const mkdir: Handler<'mkdir'> = async (visitor, { id, path }) => {
  const place = resolvePath(visitor.account, path)
  assertMissing(place)
  const segments = assertCreatable(place)
  await visitor.inbox.receiving.makeFolder(visitor.sender, segments)
  noteAct(visitor, 'folder.made', toClientPath(place))
  return encodeStatus(id, statusCodes.ok)
}

export const rmdir: Handler<'rmdir'> = async (visitor, { id, path }) => {
  const place = resolvePath(visitor.account, path)
  await visitor.inbox.receiving.removeFolder(visitor.sender, assertWritable(place))
  noteAct(visitor, 'folder.removed', toClientPath(place))
  return encodeStatus(id, statusCodes.ok)
}
