import { readdir } from 'node:fs/promises'
import { findFile, isSameFile } from './file-identity.ts'
import type { FoundFile } from './file-identity.ts'
import type { InboxContext } from './inbox-context.ts'

const openName = /^([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})\.open$/

/**
 * The upload that a file in an inbox belongs to although no row knows it: its process died before the row was made. Its second
 * name in the spool says so. Undefined for files that came from elsewhere.
 */
export async function findUnfinished(
  { places }: Pick<InboxContext, 'places'>,
  found: FoundFile,
): Promise<string | undefined> {
  if (found.links < 2) return undefined
  for (const name of await readdir(places.spoolFolder)) {
    const uploadId = openName.exec(name)?.[1]
    if (uploadId === undefined) continue
    if (isSameFile(await findFile(places.openSpool(uploadId)), found)) return uploadId
  }
  return undefined
}
