import { isUniqueViolation } from '../db/index.ts'
import type { Queryable, Trx } from '../db/index.ts'
import { ConflictError, NotFoundError } from '../errors/index.ts'
import { isName } from './names.ts'
import type { Agency } from './types.ts'

export interface AgencyRow {
  agency_id: number
  agency: string
  name: string
  kind: Agency['kind']
  production_agency_id: number | null
  time_zone: string
  region: string
  default_language: string
  delivery: Agency['delivery']
  review: string
  allow_addresses: string[]
  business_hours: string | null
  help_phone: string | null
  password_login: boolean
  extensions: string[] | null
  accept_unclosed: boolean
  results: Agency['results']
  results_at: string
  status: Agency['status']
  created_at: Date
}

/** A row as the rest of the house knows it. */
export function toAgency(row: AgencyRow): Agency {
  return {
    agencyId: row.agency_id,
    agency: row.agency,
    name: row.name,
    kind: row.kind,
    productionAgencyId: row.production_agency_id,
    timeZone: row.time_zone,
    region: row.region,
    defaultLanguage: row.default_language,
    delivery: row.delivery,
    review: row.review,
    allowAddresses: row.allow_addresses,
    businessHours: row.business_hours,
    helpPhone: row.help_phone,
    passwordLogin: row.password_login,
    ...(row.extensions !== null && { extensions: row.extensions }),
    ...(row.accept_unclosed && { acceptsUnclosed: true }),
    results: row.results,
    resultsAt: row.results_at.slice(0, 5),
    status: row.status,
    createdAt: row.created_at,
  }
}

function notFound(agency: string): NotFoundError {
  return new NotFoundError(
    'AGENCY_NOT_FOUND',
    `There is no agency ${JSON.stringify(agency.slice(0, 80))}.`,
    {
      hint: 'See the names with: docketdrop agency list',
    },
  )
}

/** @throws ConflictError AGENCY_EXISTS */
export async function insertAgency(
  trx: Trx,
  row: Pick<AgencyRow, 'agency' | 'name' | 'kind' | 'production_agency_id' | 'time_zone'>,
): Promise<Agency> {
  try {
    const [made] = await trx<AgencyRow>('agencies').insert(row).returning('*')
    return toAgency(made as AgencyRow)
  } catch (error) {
    if (!isUniqueViolation(error, 'agencies_agency_key')) throw error
    throw new ConflictError('AGENCY_EXISTS', `There is an agency ${row.agency} already.`, {
      hint: `Choose another name, or look at it with: docketdrop agency show ${row.agency}`,
      cause: error,
    })
  }
}

/** @throws NotFoundError AGENCY_NOT_FOUND */
export async function getAgency(db: Queryable, agency: string): Promise<Agency> {
  if (!isName(agency)) throw notFound(agency)
  const row = await db<AgencyRow>('agencies').where({ agency }).first()
  if (row === undefined) throw notFound(agency)
  return toAgency(row)
}

/** Like `getAgency`, and no other transaction changes the agency until this one ends. */
export async function lockAgency(trx: Trx, agency: string): Promise<Agency> {
  if (!isName(agency)) throw notFound(agency)
  const row = await trx<AgencyRow>('agencies').where({ agency }).forUpdate().first()
  if (row === undefined) throw notFound(agency)
  return toAgency(row)
}

/** @throws NotFoundError AGENCY_NOT_FOUND */
export async function getAgencyById(db: Queryable, agencyId: number): Promise<Agency> {
  const row = await db<AgencyRow>('agencies').where({ agency_id: agencyId }).first()
  if (row === undefined) throw notFound(String(agencyId))
  return toAgency(row)
}

/** All agencies, disabled ones too, by name. */
export async function listAgencies(db: Queryable): Promise<Agency[]> {
  return (await db<AgencyRow>('agencies').orderByRaw('agency collate "C"')).map(toAgency)
}

/** Changes the given settings of an agency that exists. */
export async function updateAgency(
  trx: Trx,
  agencyId: number,
  changes: Partial<Omit<AgencyRow, 'agency_id' | 'agency' | 'created_at'>>,
): Promise<Agency> {
  const [row] = await trx<AgencyRow>('agencies')
    .where({ agency_id: agencyId })
    .update({ ...changes, updated_at: trx.fn.now() } as Partial<AgencyRow>)
    .returning('*')
  return toAgency(row as AgencyRow)
}
