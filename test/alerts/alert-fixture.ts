import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createAgencies } from '../../src/agencies/index.ts'
import type { Agencies, Agency } from '../../src/agencies/index.ts'
import { createAlerts } from '../../src/alerts/index.ts'
import type { AlertParts, Alerts, ResultRow } from '../../src/alerts/index.ts'
import type { NewAuditEntry } from '../../src/audit/index.ts'
import { createSecretBox } from '../../src/config/index.ts'
import type { Bell, Db } from '../../src/db/index.ts'
import { createSenders } from '../../src/senders/index.ts'
import { createFixture } from '../inbox/inbox-fixture.ts'
import type { Fixture } from '../inbox/inbox-fixture.ts'
import { startHookServer } from '../senders/hook-server.ts'
import type { HookServer } from '../senders/hook-server.ts'
import { startMailServer } from '../senders/mail-server.ts'
import type { MailServer } from '../senders/mail-server.ts'
import { recordLog } from '../support/record-log.ts'

/** Alerts of one agency with a real inbox, a real mail server and a real receiver of webhooks. */
export interface AlertFixture extends Omit<Fixture, 'another'> {
  readonly agencies: Agencies
  readonly agency: Agency
  readonly alerts: Alerts
  readonly hooks: HookServer
  readonly mail: MailServer
  readonly audit: NewAuditEntry[]
  /** What messaging would tell of ended messages. */
  readonly results: ResultRow[]
  readonly lines: () => readonly { readonly message: string }[]
  /** The clock that says what is missing. */
  setNow(iso: string): void
  /** Other alerts on the same database, as another process has them. */
  more(parts?: Partial<AlertParts>): Alerts
  closeAll(): Promise<void>
}

const silent: Bell = { on: () => () => undefined, close: () => Promise.resolve() }

export async function createAlertFixture(db: Db): Promise<AlertFixture> {
  const keys = await mkdtemp(join(tmpdir(), 'dd-alert-keys-'))
  const inbox = await createFixture(db)
  const agencies = createAgencies({ db })
  const hooks = await startHookServer()
  const mail = await startMailServer()
  const record = recordLog()
  const audit: NewAuditEntry[] = []
  const results: ResultRow[] = []
  let at = new Date('2026-11-24T12:00:00Z')
  const now = () => at
  const own = { ...agencies, list: async () => [await agencies.getById(inbox.agency.agencyId)] }
  const made: Alerts[] = []
  const more = (parts: Partial<AlertParts> = {}): Alerts => {
    const alerts = createAlerts({
      db,
      bell: silent,
      log: record.log,
      note: (entry) => void audit.push(entry),
      agencies: own,
      inbox: inbox.inbox,
      // eslint-disable-next-line @typescript-eslint/require-await
      async *listResults(_agencyId, from, until) {
        yield* results.filter((row) => row.at > from && row.at <= until)
      },
      box: createSecretBox(keys),
      senders: createSenders({
        settings: {
          smtp: { host: '127.0.0.1', port: mail.port, secure: 'none', from: 'dd@court.example' },
          webhook: { timeoutSeconds: 1, privateNetworks: ['127.0.0.0/8'] },
        },
        version: 'test',
        now: () => new Date(),
      }),
      keepDays: 90,
      now,
      random: () => 0,
      ...parts,
    })
    made.push(alerts)
    return alerts
  }
  return {
    ...inbox,
    agencies,
    alerts: more(),
    hooks,
    mail,
    audit,
    results,
    lines: record.lines,
    setNow: (iso) => void (at = new Date(iso)),
    more,
    async closeAll() {
      for (const one of made) await one.stop()
      await hooks.close()
      await mail.close()
      await db('alert_targets').where({ agency_id: inbox.agency.agencyId }).delete()
      await inbox.close()
      await rm(keys, { recursive: true, force: true })
    },
  }
}

/** The bodies of webhooks that came. */
export function readHooks({ hooks }: Pick<AlertFixture, 'hooks'>): {
  readonly type: string
  readonly timestamp: string
  readonly data: Record<string, unknown>
}[] {
  return hooks.heard.map(({ body }) => JSON.parse(body) as ReturnType<typeof readHooks>[number])
}
