import { AccessError } from '../errors/index.ts'
import type { OpenMode } from '../inbox/index.ts'
import { lstatIfThere } from './tree.ts'
import type { Visitor } from './visitor.ts'

/** Enough to find the one that still stands there among all that ever came under a name. */
const mostUploads = 100

/**
 * A push-only account goes on only with what it sent itself: going on with a file means building on its bytes. It may replace
 * any file as a whole. A file whose sender is not known counts as somebody else's.
 *
 * @throws AccessError PATH_READ_ONLY
 */
export async function assertOwnUpload(
  { account, sender, inbox }: Visitor,
  segments: readonly string[],
  mode: OpenMode,
): Promise<void> {
  if (!account.isPushOnly || mode.truncate) return
  const { agency, agencyId } = sender.agency
  const standing = await lstatIfThere(await inbox.layout.locate(agency, 'inbox', segments))
  if (standing === undefined || standing.isDirectory()) return
  const inboxPath = segments.join('/')
  const uploads = await inbox.uploads.list(agencyId, {
    fileName: segments.at(-1),
    limit: mostUploads,
  })
  const upload = uploads.find((candidate) => candidate.inboxPath === inboxPath)
  if (upload?.source === 'sftp' && upload.account === sender.account) return
  throw new AccessError('PATH_READ_ONLY', 'A file of another sender stands there.', {
    hint: 'Send the file under another name, or send it anew as a whole.',
  })
}
