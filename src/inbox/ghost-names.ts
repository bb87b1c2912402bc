import type { Agency } from '../agencies/index.ts'
import { NotFoundError } from '../errors/index.ts'
import { attemptDatabase } from './attempt-database.ts'
import { dropGhosts } from './ghost-store.ts'
import type { InboxContext } from './inbox-context.ts'
import { toInboxPath } from './inbox-path.ts'
import { findStanding } from './standing-upload.ts'

/** Is there nothing on the disk under this name, so that it may be a ghost's? */
export async function isGone(
  context: InboxContext,
  agency: Agency,
  path: readonly string[],
): Promise<boolean> {
  try {
    await findStanding(context, agency, path)
    return false
  } catch (error) {
    if (error instanceof NotFoundError) return true
    throw error
  }
}

/** Does the work on a file; where there is none any more, what can be done with its ghost. */
export async function orGhost(
  work: () => Promise<void>,
  haunt: () => Promise<boolean>,
): Promise<void> {
  try {
    await work()
  } catch (error) {
    // the importer may be another process, which takes the name between two looks
    const isMissing =
      error instanceof NotFoundError || (error as NodeJS.ErrnoException).code === 'ENOENT'
    if (!isMissing || !(await haunt())) throw error
  }
}

/** These names belong to their sender again: ghosts of older files do not come back there. */
export async function forgetGhosts(
  context: InboxContext,
  agency: Agency,
  ...paths: (readonly string[])[]
): Promise<void> {
  await attemptDatabase(context, () =>
    dropGhosts(context.db, agency.agencyId, paths.map(toInboxPath)),
  )
}
