import { chooseFeed, compareNames } from '../agencies/index.ts'
import type { Feed } from '../agencies/index.ts'

/** An upload that waits for an importer, or is in work. */
export interface WaitingUpload {
  readonly upload_id: string
  readonly seq: number
  readonly file_name: string
  readonly rejects_of: string | null
}

/** The place in the queue of an upload that has another one than its `seq` gives. */
export interface Rank {
  readonly uploadId: string
  readonly rank: number
}

/**
 * The order of uploads whose feeds take files by name: the places that a feed's files have in the queue stay theirs, and are given
 * out anew in the order of the names; so the first by name comes when the earliest is due. Files of one name keep the order in which they came; so do files that mend rows.
 */
export function rankByName(feeds: readonly Feed[], waiting: readonly WaitingUpload[]): Rank[] {
  const named = feeds.filter(({ sortBy }) => sortBy === 'name')
  if (named.length === 0) return []
  const taken = waiting.map((upload) => ({
    ...upload,
    feed: upload.rejects_of === null ? chooseFeed(feeds, upload.file_name)?.feed : undefined,
  }))
  return named.flatMap(({ feed, match }) => {
    const files = taken.filter((upload) => upload.feed === feed).sort((a, b) => a.seq - b.seq)
    const places = files.map(({ seq }) => seq)
    return files
      .sort((a, b) => compareNames(match, a.file_name, b.file_name) || a.seq - b.seq)
      .map(({ upload_id, seq }, at) => ({ uploadId: upload_id, rank: places[at] ?? seq }))
  })
}
