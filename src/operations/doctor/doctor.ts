import type { Config } from '../../config/index.ts'
import type { Agencies } from '../../agencies/index.ts'
import type { Database } from '../../db/index.ts'
import { AppError, UnavailableError } from '../../errors/index.ts'
import type { Inbox } from '../../inbox/index.ts'
import { examineAccess } from './examine-access.ts'
import { examineAlerts } from './examine-alerts.ts'
import { examineAudit } from './examine-audit.ts'
import { examineDatabase } from './examine-database.ts'
import { examineFolders } from './examine-folders.ts'
import { examineHome } from './examine-home.ts'
import { examineKeys } from './examine-keys.ts'
import type { SshFacts } from './examine-keys.ts'
import { examineMachine } from './examine-machine.ts'
import { examineRetention } from './examine-retention.ts'
import { examineUploads } from './examine-uploads.ts'
import { createFailure } from './finding.ts'
import type { Finding } from './finding.ts'

/** The stores of a home whose database could be opened. */
export interface DoctorStores {
  readonly database: Database
  readonly agencies: Pick<Agencies, 'list'>
  readonly inbox: Inbox
}

export interface DoctorParts {
  readonly config: Config
  readonly ssh: SshFacts
  /** Opens the database of the home; the caller closes it. */
  readonly openStores: () => Promise<DoctorStores>
  /** Put right what can be put right without a risk. */
  readonly isMending: boolean
  /** Entries at the end of each audit chain that are walked; undefined: all. */
  readonly lastAudit?: number | undefined
  readonly now: () => Date
}

type Examination = () => Promise<readonly Finding[]>

/** A check that stumbles is a finding too, and keeps nothing from the others. */
async function attempt(check: string, examine: Examination): Promise<readonly Finding[]> {
  try {
    return await examine()
  } catch (error) {
    return [createFailure(check, error)]
  }
}

/** What of the home says that there is nothing to look at, or that somebody else must look. */
const isNoHome = (error: unknown): boolean =>
  error instanceof AppError && error.code.startsWith('HOME_')

async function openOrTell(parts: DoctorParts): Promise<DoctorStores | Finding> {
  try {
    return await parts.openStores()
  } catch (error) {
    if (isNoHome(error) || !(error instanceof UnavailableError)) throw error
    return createFailure('database.reachable', error)
  }
}

/**
 * Looks at everything that can be looked at, in the order of the data; what needs the database is left out while it is away or
 * its schema is another version's. Changes nothing unless `isMending`, and then only modes of our own folders and files, and
 * folders of agencies that are missing.
 *
 * @throws {NotFoundError} HOME_MISSING @throws {AccessError} HOME_FOREIGN
 */
export async function examine(parts: DoctorParts): Promise<Finding[]> {
  const { config, ssh, isMending, now } = parts
  const stores = await openOrTell(parts)
  const findings: Finding[] = []
  const look = async (check: string, examination: Examination) =>
    findings.push(...(await attempt(check, examination)))

  await look('machine', () => Promise.resolve(examineMachine(process)))
  await look('home', () => examineHome(config.home, isMending))
  await look('keys', () => examineKeys(config, ssh, isMending))
  if ('check' in stores) return [...findings, stores]

  const { database, agencies, inbox } = stores
  const { db } = database
  await look('database', () => examineDatabase(database, now))
  const schema = findings.find(({ check }) => check === 'database.schema')
  if (schema?.status !== 'ok') return findings
  await look('folders', () => examineFolders(inbox, agencies, isMending))
  await look('access', () => examineAccess(db))
  await look('uploads', () => examineUploads(db, inbox))
  await look('retention', () => examineRetention(inbox))
  await look('alerts', () => examineAlerts(db, config))
  await look('audit', () => examineAudit(db, agencies, parts.lastAudit))
  return findings
}
