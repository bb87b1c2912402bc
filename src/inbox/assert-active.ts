import type { Agency } from '../agencies/index.ts'
import { AccessError } from '../errors/index.ts'
import { attemptDatabase } from './attempt-database.ts'
import type { InboxContext } from './inbox-context.ts'

/** Age up to which an answer is believed, in milliseconds. */
const freshMs = 1000

async function ask(context: InboxContext, agency: Agency): Promise<Agency> {
  const now = await attemptDatabase(context, () => context.agencies.getById(agency.agencyId))
  const current = now?.result ?? agency
  context.agencyStates.set(agency.agencyId, { agency: current, at: context.now() })
  return current
}

/**
 * Asks anew, at most once a second, whether the agency still takes files, since a connection may be older than the decision to switch it off;
 * gives the agency as it is now.
 * While the database is away, what was known at sign-in holds.
 *
 * @throws {AccessError} AGENCY_DISABLED
 */
export async function assertActive(context: InboxContext, agency: Agency): Promise<Agency> {
  const seen = context.agencyStates.get(agency.agencyId)
  const isFresh = seen !== undefined && context.now() - seen.at < freshMs
  const current = isFresh ? seen.agency : await ask(context, agency)
  if (current.status === 'disabled')
    throw new AccessError('AGENCY_DISABLED', 'The agency is switched off; it takes no files.')
  return current
}
