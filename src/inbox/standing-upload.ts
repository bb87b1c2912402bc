import type { Agency } from '../agencies/index.ts'
import { AccessError, NotFoundError } from '../errors/index.ts'
import { attemptDatabase } from './attempt-database.ts'
import { isSameFile } from './file-identity.ts'
import type { FoundFile } from './file-identity.ts'
import type { InboxContext } from './inbox-context.ts'
import type { OpenUpload } from './open-upload.ts'
import type { UploadRow } from './upload-row.ts'
import { findUploadByFile } from './upload-store.ts'

/** What stands under a name in the inbox. */
export interface Standing {
  readonly absolute: string
  readonly path: readonly string[]
  readonly found: FoundFile
}

/** The upload behind a file: open here, known to the database, both or neither. */
export interface StandingUpload {
  readonly open: OpenUpload | undefined
  readonly row: UploadRow | undefined
  /** False when the database could not be asked. */
  readonly isCertain: boolean
}

/** Looks at a name in the inbox. @throws NotFoundError PATH_NOT_FOUND; AccessError for the inbox itself or a way outside */
export async function findStanding(
  context: InboxContext,
  agency: Agency,
  path: readonly string[],
): Promise<Standing> {
  if (path.length === 0)
    throw new AccessError('PATH_READ_ONLY', 'The inbox itself cannot be changed.')
  const segments = path.map((segment) => segment.normalize('NFC'))
  const { absolute, found } = await context.places.look(agency.agency, 'inbox', segments)
  if (found === undefined)
    throw new NotFoundError('PATH_NOT_FOUND', 'There is no such file or folder.')
  return { absolute, path: segments, found }
}

/** Finds the upload behind a file of the inbox. */
export async function findStandingUpload(
  context: InboxContext,
  agency: Agency,
  found: FoundFile,
): Promise<StandingUpload> {
  const open = [...context.openUploads.values()].find((upload) => isSameFile(found, upload))
  await context.receivedRows.flush()
  const attempt = await attemptDatabase(context, () =>
    findUploadByFile(context.db, agency.agencyId, found),
  )
  return { open, row: attempt?.result, isCertain: attempt !== undefined }
}
