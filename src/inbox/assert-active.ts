import type { Agency } from '../agencies/index.ts'
import { AccessError } from '../errors/index.ts'
import { attemptDatabase } from './attempt-database.ts'
import type { InboxContext } from './inbox-context.ts'

/**
 * Asks anew whether the agency still takes files, since a connection may be older than the decision to switch it off.
 * While the database is away, what was known at sign-in holds.
 *
 * @throws {AccessError} AGENCY_DISABLED
 */
export async function assertActive(context: InboxContext, agency: Agency): Promise<void> {
  const now = await attemptDatabase(context, () => context.agencies.getById(agency.agencyId))
  const { status } = now?.result ?? agency
  if (status === 'disabled')
    throw new AccessError('AGENCY_DISABLED', 'The agency is switched off; it takes no files.')
}
