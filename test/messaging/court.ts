import { randomUUID } from 'node:crypto'
import { after, before } from 'mocha'
import { createAgencies } from '../../src/agencies/index.ts'
import type { Agency, AgencyChanges } from '../../src/agencies/index.ts'
import { inTransaction, openBell } from '../../src/db/index.ts'
import type { Bell, Db } from '../../src/db/index.ts'
import { createLogger } from '../../src/log/index.ts'
import { createMessaging } from '../../src/messaging/index.ts'
import type { MessageFilter, MessageJson, Messaging } from '../../src/messaging/index.ts'
import { addDays, resolveLocal, toLocalDate } from '../../src/messaging/send-time.ts'
import { findPlanResult, mergeRows, requestPlan } from '../../src/records/index.ts'
import type { LoadRow, PlanRequest, PlanResult } from '../../src/records/index.ts'
import { useDatabase } from '../support/database.ts'

/** A row of a hearing report, in short. `startsAt` follows from date and time. */
export interface Hearing {
  readonly client: string
  readonly name?: string
  readonly language?: string | null
  readonly phones?: readonly (string | Partial<LoadRow['contacts'][number]>)[]
  readonly emails?: readonly string[]
  readonly role?: LoadRow['role']
  readonly roleText?: string | null
  readonly caseNumber?: string
  readonly caseType?: string | null
  readonly reference?: string | null
  readonly date: string
  readonly time?: string | null
  readonly zone?: string
  readonly status?: NonNullable<LoadRow['event']>['status']
  readonly location?: string | null
}

const zone = 'America/Chicago'

function toLoadRow(hearing: Hearing, index: number): LoadRow {
  const { client, date, time = '09:00', zone: timeZone = zone } = hearing
  const startsAt = time === null ? null : new Date(resolveLocal(timeZone, date, time)).toISOString()
  const contact = { label: null, extension: null, status: 'valid' } as const
  return {
    row: index + 2,
    fingerprint: index.toString(16).padStart(32, '0'),
    client: {
      reference: client,
      firstName: (hearing.name ?? 'ANA').split(' ')[0] ?? null,
      middleName: null,
      lastName: 'RIVERA',
      suffix: null,
      fullName: `RIVERA, ${hearing.name ?? 'ANA'}`,
      language: hearing.language ?? null,
      dateOfBirth: null,
    },
    role: hearing.role === undefined ? 'defendant' : hearing.role,
    roleText: hearing.roleText ?? null,
    contacts: [
      ...(hearing.phones ?? ['+15125550100']).map((phone) => ({
        channel: 'phone' as const,
        ...contact,
        ...(typeof phone === 'string' ? { address: phone } : { address: '', ...phone }),
      })),
      ...(hearing.emails ?? []).map((address) => ({
        channel: 'email' as const,
        ...contact,
        address,
      })),
    ],
    case: {
      number: hearing.caseNumber ?? `CR-${client}`,
      type: hearing.caseType ?? 'criminal',
      status: null,
    },
    event: {
      reference: hearing.reference === undefined ? `H-${client}` : hearing.reference,
      type: 'Arraignment',
      startsAt,
      localDate: date,
      localTime: time,
      timeZone,
      status: hearing.status ?? 'scheduled',
      statusText: null,
      location: hearing.location ?? 'Main Courthouse',
      room: null,
      judge: null,
    },
    payment: null,
  }
}

async function* inBatches(rows: readonly LoadRow[]): AsyncGenerator<readonly LoadRow[]> {
  for (let start = 0; start < rows.length; start += 1000)
    yield await Promise.resolve(rows.slice(start, start + 1000))
}

/** One agency with its own messaging on a clock that tests set. */
export interface Court {
  readonly agency: Agency
  readonly messaging: Messaging
  /** What messaging takes for the present when it plans. */
  setNow(iso: string): void
  /** Imports a night's file and plans: the plan's result. */
  night(hearings: readonly Hearing[], tellsRoles?: boolean): Promise<PlanResult>
  /** Imports without planning. */
  load(hearings: readonly Hearing[]): Promise<string>
  /** Plans everything of the agency anew. */
  replan(cause?: PlanRequest['cause']): Promise<void>
  list(filter?: MessageFilter): Promise<MessageJson[]>
  set(changes: AgencyChanges): Promise<void>
}

/** Gives the surrounding `describe` a database and a maker of courts. */
export function useCourts(): {
  db: Db
  createCourt(now: string, template?: string): Promise<Court>
} {
  const database = useDatabase()
  let bell: Bell | undefined
  const log = createLogger({ level: 'error', format: 'json' })
  before(async () => {
    bell = await openBell(database.url, log)
  })
  after(async () => bell?.close())

  async function createCourt(start: string, template = 'ecr'): Promise<Court> {
    const { db } = database
    const agencies = createAgencies({ db })
    let now = new Date(start)
    const name = `court-${randomUUID().slice(0, 8)}`
    const made = await agencies.create(
      { agency: name, name: 'Example County Court', timeZone: zone },
      'test',
    )
    const agency = await agencies.update(name, { helpPhone: '512-555-0199' }, 'test')
    if (bell === undefined) throw new Error('the bell hangs only while tests run')
    const messaging = createMessaging({ db, bell, log, agencies, now: () => now })
    const { agencyId } = made

    async function load(
      hearings: readonly Hearing[],
      tellsRoles = hearings.some(({ role }) => role !== null),
    ): Promise<string> {
      const uploadId = randomUUID()
      const options = { agencyId, uploadId, template, eventIdentity: [], tellsRoles, now }
      await inTransaction(db, async (trx) => {
        await mergeRows(trx, options, inBatches(hearings.map(toLoadRow)))
        await requestPlan(trx, { agencyId, uploadId, cause: 'import' })
      })
      return uploadId
    }

    async function planAll(): Promise<void> {
      while (await messaging.planOnce());
    }

    return {
      agency,
      messaging,
      load,
      setNow: (iso) => (now = new Date(iso)),
      async night(hearings, tellsRoles) {
        const uploadId = await load(hearings, tellsRoles)
        await planAll()
        const result = await findPlanResult(db, agencyId, uploadId)
        if (result === undefined) throw new Error('the upload was not planned')
        return result
      },
      async replan(cause = 'agency') {
        await requestPlan(db, { agencyId, uploadId: null, cause })
        await planAll()
      },
      async list(filter) {
        const all: MessageJson[] = []
        for await (const message of messaging.list(agencyId, filter)) all.push(message)
        return all
      },
      async set(changes) {
        await agencies.update(name, changes, 'test')
      },
    }
  }

  return {
    get db() {
      return database.db
    },
    createCourt,
  }
}

/** The day in Chicago, so many days from now. */
export function inDays(days: number): string {
  return addDays(toLocalDate(zone, Date.now()), days)
}

/** `step channel state (reason)` of each, for short comparisons. */
export function outline(messages: readonly MessageJson[]): string[] {
  return messages.map(
    ({ step, channel, state, reason }) =>
      `${step} ${channel} ${state}${reason === null ? '' : ` (${reason})`}`,
  )
}
