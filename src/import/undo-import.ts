import { isForeignKeyViolation, isUniqueViolation } from '../db/index.ts'
import { ConflictError } from '../errors/index.ts'
import type { Inbox, Upload } from '../inbox/index.ts'
import { undoUpload } from '../records/index.ts'
import type { UndoBlocker } from '../records/index.ts'
import { withoutRowValues } from './without-row-values.ts'

/** Uploads named in one message at most. */
const mostNamed = 10

type Uploads = Inbox['uploads']

/** `3 events (7, 8, 9), 1 contact`: of events our own numbers, which `records show` knows. */
function describe({ kind, count, firstIds }: UndoBlocker): string {
  const noun = count === 1 ? kind.slice(0, -1) : kind
  if (kind !== 'events') return `${count} ${noun}`
  return `${count} ${noun} (${firstIds.join(', ')}${count > firstIds.length ? ', …' : ''})`
}

async function explainBlockers(
  uploads: Uploads,
  upload: Upload,
  blockers: readonly UndoBlocker[],
): Promise<ConflictError> {
  const ids = [...new Set(blockers.flatMap(({ uploadId }) => uploadId ?? []))]
  const found = await Promise.all(ids.map((id) => uploads.get(upload.agencyId, id)))
  const later = found.sort((one, other) => other.seq - one.seq)
  const tell = (id: string | null) =>
    blockers
      .filter(({ uploadId }) => uploadId === id)
      .map(describe)
      .join(', ')
  const named = later
    .slice(0, mostNamed)
    .map(({ uploadId, fileName }) => `${fileName} (${uploadId}): ${tell(uploadId)}`)
  const byHand = tell(null)
  const lines = [
    ...named,
    ...(later.length > mostNamed ? [`and ${later.length - mostNamed} more uploads`] : []),
    ...(byHand === '' ? [] : [`changes that no upload made: ${byHand}`]),
  ]
  return new ConflictError(
    'UNDO_BLOCKED',
    `The import cannot be taken back, because later changes build on what it wrote. ${lines.join('; ')}.`,
    {
      context: { uploadId: upload.uploadId, laterUploads: ids.join(' ') },
      hint:
        later.length === 0
          ? 'Send a corrected file instead.'
          : 'Undo these uploads first, in this order (docketdrop uploads undo <agency> <upload>), or send a corrected file instead.',
    },
  )
}

/** Rows that have to come back and cannot, because what they refer to was itself taken back, or something took their place. */
function explainGap(upload: Upload, cause: unknown): ConflictError {
  return new ConflictError(
    'UNDO_BLOCKED',
    'The import cannot be taken back: records would have to refer to others that have been taken back since.',
    {
      context: { uploadId: upload.uploadId },
      hint: 'Send a corrected file instead.',
      cause,
    },
  )
}

/**
 * Takes an import back: the records are exactly what they were before it, messages are planned anew, the upload is `undone`;
 * all in one transaction. Idempotent.
 *
 * @throws {ConflictError} `UNDO_BLOCKED` naming the later uploads that wrote the same records, newest first; `UPLOAD_STATE`
 * @throws {NotFoundError} `UPLOAD_NOT_FOUND`
 */
export async function undoImport(
  { uploads }: { readonly uploads: Uploads },
  agencyId: number,
  uploadId: string,
  actor: string,
): Promise<Upload> {
  const upload = await uploads.get(agencyId, uploadId)
  let blockers: readonly UndoBlocker[] = []
  try {
    return await uploads.undo(agencyId, upload.uploadId, actor, async (trx) => {
      const result = await undoUpload(trx, { agencyId, uploadId: upload.uploadId })
      blockers = result.blockers
      if (blockers.length > 0) throw new ConflictError('UNDO_BLOCKED', 'Blocked.')
      return { restored: result.restored, removed: result.removed }
    })
  } catch (error) {
    if (blockers.length > 0) throw await explainBlockers(uploads, upload, blockers)
    const cause = withoutRowValues(error)
    throw isForeignKeyViolation(error) || isUniqueViolation(error)
      ? explainGap(upload, cause)
      : cause
  }
}
