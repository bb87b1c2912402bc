import { statusCodes } from '../codec/constants.ts'
import { encodeHandle, encodeNames, encodeStatus, measureEntry } from '../codec/packet-writer.ts'
import type { NamedEntry } from '../codec/packet-writer.ts'
import type { Folder } from '../handles.ts'
import { assertCreatable, assertWritable, resolvePath } from '../jail.ts'
import { maxEntriesPerPage, maxPageBytes } from '../limits.ts'
import { listPlace } from '../tree.ts'
import type { Handler } from './handler.ts'

export const opendir: Handler<'opendir'> = async (visitor, { id, path }) => {
  const place = resolvePath(visitor.account, path)
  visitor.handles.assertRoom()
  const entries = await listPlace(visitor, place)
  const handle = visitor.handles.add({ kind: 'folder', place, entries, heldBack: undefined })
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

export const mkdir: Handler<'mkdir'> = async (visitor, { id, path }) => {
  const segments = assertCreatable(resolvePath(visitor.account, path))
  await visitor.inbox.receiving.makeFolder(visitor.sender, segments)
  return encodeStatus(id, statusCodes.ok)
}

export const rmdir: Handler<'rmdir'> = async (visitor, { id, path }) => {
  const segments = assertWritable(resolvePath(visitor.account, path))
  await visitor.inbox.receiving.removeFolder(visitor.sender, segments)
  return encodeStatus(id, statusCodes.ok)
}
