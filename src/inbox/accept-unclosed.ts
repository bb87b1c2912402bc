import { examineFile } from '../formats/index.ts'
import type { Evidence } from '../formats/index.ts'
import { findFile, isSameFile } from './file-identity.ts'
import type { InboxContext } from './inbox-context.ts'
import type { Endings } from './incoming-file.ts'
import { standingPath } from './keep-bytes.ts'
import { drainWrites, judgeSize } from './open-upload.ts'
import type { OpenUpload } from './open-upload.ts'

/** A file of which the content itself says that it is whole; one without two records says nothing. */
function isProven({ verdict, kind, trailer, records }: Evidence): boolean {
  if (verdict !== 'complete' || kind === 'other') return false
  return kind === 'xlsx' || trailer !== null || records > 1
}

async function findOpenPath(context: InboxContext, open: OpenUpload): Promise<string | undefined> {
  const paths = [standingPath(context, open), context.places.openSpool(open.uploadId)]
  for (const path of paths)
    if (path !== undefined && isSameFile(await findFile(path), open)) return path
  return undefined
}

async function isWhole(context: InboxContext, open: OpenUpload): Promise<boolean> {
  if (open.isEnded || open.agency.acceptsUnclosed !== true) return false
  await drainWrites(open)
  if (open.failure !== undefined || open.isRemoved) return false
  const bytes = judgeSize(open)
  const path = await findOpenPath(context, open)
  if (path === undefined) return false
  if ((await open.handle.stat()).size > bytes) await open.handle.truncate(bytes)
  const { evidence, ...seen } = await examineFile(path, {
    fileName: open.fileName,
    open: context.opener?.forAgency(open.agency.agencyId),
  })
  return seen.bytes === bytes && isProven(evidence)
}

/**
 * The end of a file whose channel ended cleanly without a CLOSE, as some clients leave it (reference/sftp.md §3.2 step 4).
 * Only where the agency accepts that, no byte is missing and the content is surely whole, it counts as closed; every
 * other one becomes partial. Never throws.
 */
export async function endUnclosed(
  context: InboxContext,
  endings: Pick<Endings, 'close' | 'abandon'>,
  open: OpenUpload,
): Promise<void> {
  const { uploadId, agency } = open
  try {
    if (await isWhole(context, open)) {
      await endings.close(open)
      context.log.info('unclosed upload accepted', { uploadId, agencyId: agency.agencyId })
      return
    }
  } catch (error) {
    context.log.info('unclosed upload not accepted', { uploadId, err: error })
  }
  await endings.abandon(open, 'CONNECTION_LOST')
}
