import { opendir } from 'node:fs/promises'
import { join } from 'node:path'

/** Folders below this one, deep, without following links; the count stops at `most`. Zero where there is nothing. */
export async function countFolders(path: string, most: number): Promise<number> {
  let count = 0
  const waiting = [path]
  for (let folder = waiting.pop(); folder !== undefined; folder = waiting.pop())
    try {
      for await (const entry of await opendir(folder)) {
        if (!entry.isDirectory()) continue
        count += 1
        if (count >= most) return count
        waiting.push(join(folder, entry.name))
      }
    } catch (error) {
      // A folder that went away meanwhile holds nothing.
      if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error
    }
  return count
}
