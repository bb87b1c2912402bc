import { openPromise } from 'yauzl'
import { limits } from './limits.ts'

/** Names in the directory of a zip archive, the first thousand; undefined when the directory cannot be read. */
export async function readEntryNames(path: string): Promise<ReadonlySet<string> | undefined> {
  const names = new Set<string>()
  try {
    const archive = await openPromise(path, { lazyEntries: true, autoClose: false })
    try {
      for await (const entry of archive.eachEntry()) {
        names.add(entry.fileName)
        if (names.size >= limits.archiveEntries) break
      }
    } finally {
      archive.close()
    }
  } catch {
    // The caller tells people what is wrong; yauzl's words ("end of central directory") would not help them.
    return undefined
  }
  return names
}
