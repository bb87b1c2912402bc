import { recordAudit } from '../audit/index.ts'
import { inTransaction } from '../db/index.ts'
import type { Db, Trx } from '../db/index.ts'
import { UsageError } from '../errors/index.ts'
import { insertAccount } from './account-store.ts'
import {
  assertAddresses,
  assertDelivery,
  assertLanguage,
  assertOptionalLine,
  assertReview,
} from './agency-settings.ts'
import {
  getAgency,
  getAgencyById,
  insertAgency,
  listAgencies,
  lockAgency,
  updateAgency,
} from './agency-store.ts'
import type { AgencyRow } from './agency-store.ts'
import { assertExtensions } from './extensions.ts'
import { assertLine, assertName } from './names.ts'
import { assertTime } from './time-of-day.ts'
import { assertTimeZone } from './time-zone.ts'
import type { Agencies, Agency, AgencyChanges, NewAgency } from './types.ts'

/** Id of the production agency that a staging agency belongs to, or null. */
async function findProduction(
  trx: Trx,
  { kind, production }: NewAgency,
  agency: string,
): Promise<number | null> {
  if (production === undefined) return null
  if (kind !== 'staging')
    throw new UsageError(
      'USAGE_INVALID',
      `${agency} is not a staging agency, so it has no production agency.`,
      {
        hint: 'Add --kind staging, or leave --production out.',
      },
    )
  const found = await getAgency(trx, production)
  if (found.kind === 'production') return found.agencyId
  throw new UsageError('USAGE_INVALID', `${production} is a staging agency itself.`, {
    hint: 'Name the agency that messages people for real.',
  })
}

/** The columns to change, each checked; nothing for a setting that was not given. */
function toColumns(changes: AgencyChanges, agency: Agency): Partial<AgencyRow> {
  const { name, timeZone, defaultLanguage, delivery, review, passwordLogin } = changes
  const { businessHours, helpPhone, allowAddresses, extensions, acceptsUnclosed } = changes
  const { results, resultsAt } = changes
  return {
    ...(name !== undefined && { name: assertLine('The name of the agency', name, 200) }),
    ...(timeZone !== undefined && { time_zone: assertTimeZone(timeZone) }),
    ...(defaultLanguage !== undefined && { default_language: assertLanguage(defaultLanguage) }),
    ...(delivery !== undefined && { delivery: assertDelivery(delivery, agency) }),
    ...(review !== undefined && { review: assertReview(review) }),
    ...(passwordLogin !== undefined && { password_login: passwordLogin }),
    ...(businessHours !== undefined && {
      business_hours: assertOptionalLine('Business hours', businessHours, 200),
    }),
    ...(helpPhone !== undefined && {
      help_phone: assertOptionalLine('The help phone', helpPhone, 40),
    }),
    ...(allowAddresses !== undefined && {
      allow_addresses: assertAddresses(allowAddresses, agency.region),
    }),
    ...(extensions !== undefined && { extensions: assertExtensions(extensions) }),
    ...(acceptsUnclosed !== undefined && { accept_unclosed: acceptsUnclosed }),
    ...(results !== undefined && { results }),
    ...(resultsAt !== undefined && { results_at: assertTime(resultsAt) }),
  }
}

/** What the log keeps of a change: addresses are counted, not named. */
function toDetail(before: Agency, after: Agency): Record<string, { from: unknown; to: unknown }> {
  const show = (key: keyof Agency, { [key]: value }: Agency): unknown =>
    key === 'allowAddresses' && Array.isArray(value) ? value.length : (value ?? null)
  const keys = Object.keys({ ...before, ...after }) as (keyof Agency)[]
  const changed = keys.filter((key) => JSON.stringify(before[key]) !== JSON.stringify(after[key]))
  return Object.fromEntries(
    changed.map((key) => [key, { from: show(key, before), to: show(key, after) }]),
  )
}

type AgencyPart = Pick<Agencies, 'create' | 'get' | 'getById' | 'list' | 'update' | 'disable'>

/** The part of `Agencies` that is about agencies themselves. */
export function createAgencyPart({ db }: { db: Db }): AgencyPart {
  function change(agency: string, columns: (before: Agency) => Partial<AgencyRow>, actor: string) {
    return inTransaction(db, async (trx) => {
      const before = await lockAgency(trx, agency)
      const after = await updateAgency(trx, before.agencyId, columns(before))
      const detail = toDetail(before, after)
      if (Object.keys(detail).length > 0)
        await recordAudit(trx, {
          agencyId: after.agencyId,
          actor,
          action: 'status' in detail ? 'agency.disable' : 'agency.set',
          subject: agency,
          detail,
        })
      return after
    })
  }

  return {
    async create(input, actor) {
      const agency = assertName('agency', input.agency)
      const name = assertLine('The name of the agency', input.name, 200)
      const zone = assertTimeZone(input.timeZone)
      return inTransaction(db, async (trx) => {
        const production = await findProduction(trx, input, agency)
        const made = await insertAgency(trx, {
          agency,
          name,
          kind: input.kind ?? 'production',
          production_agency_id: production,
          time_zone: zone,
        })
        const { agencyId, kind, timeZone } = made
        await insertAccount(trx, {
          agency_id: agencyId,
          account: agency,
          alias: null,
          push_only: false,
        })
        const detail = {
          name,
          kind,
          timeZone,
          production: input.production ?? null,
          account: agency,
        }
        await recordAudit(trx, { agencyId, actor, action: 'agency.add', subject: agency, detail })
        return made
      })
    },
    get: (agency) => getAgency(db, agency),
    getById: (agencyId) => getAgencyById(db, agencyId),
    list: () => listAgencies(db),
    update: (agency, changes, actor) =>
      change(agency, (before) => toColumns(changes, before), actor),
    disable: (agency, actor) => change(agency, () => ({ status: 'disabled' }), actor),
  }
}
