import { randomUUID } from 'node:crypto'
import type { Agencies } from '../agencies/index.ts'
import { recordAudit } from '../audit/index.ts'
import type { NoteAudit } from '../audit/index.ts'
import type { SecretBox } from '../config/index.ts'
import { inTransaction } from '../db/index.ts'
import type { Bell, Db } from '../db/index.ts'
import type { Inbox } from '../inbox/index.ts'
import type { Logger } from '../log/index.ts'
import type { Sender } from '../senders/index.ts'
import { deleteOldAlerts, findNextDue, listAlerts, retryAlerts } from './alert-store.ts'
import { createDeliver } from './deliver.ts'
import { deliverDue } from './delivery.ts'
import { createFeedWatch } from './feed-watch.ts'
import { watchKeys } from './key-watch.ts'
import { createRepeat } from './repeat.ts'
import { writeResults } from './results.ts'
import type { ListResults } from './results.ts'
import { createTargetPart } from './targets.ts'
import type { Alerts } from './types.ts'

/** What alerts need. */
export interface AlertParts {
  readonly db: Db
  readonly bell: Bell
  readonly log: Logger
  readonly note: NoteAudit
  readonly agencies: Pick<Agencies, 'get' | 'getById' | 'list' | 'listFeeds' | 'listExpiringKeys'>
  readonly inbox: Pick<Inbox, 'writeToOutbox'>
  readonly listResults: ListResults
  readonly box: SecretBox
  readonly senders: Readonly<Record<'email' | 'webhook', Sender>>
  /** Days that alerts which have ended are kept; 0: for ever. */
  readonly keepDays: number
  /** Says what is missing and which results are due; what is to be sent when is decided by the database's clock. */
  readonly now: () => Date
  /** From 0 to 1; spreads repetitions. */
  readonly random?: (() => number) | undefined
  /** How long a try may take before another process may try too; 2 min. */
  readonly leaseMs?: number | undefined
}

/** A ring that was lost costs no more than this, so that a held file is told within a minute. */
const pollMs = 10_000
const watchMs = 20_000

/** Tells agencies what becomes of their files, by e-mail and webhook, at least once each. */
export function createAlerts(parts: AlertParts): Alerts {
  const { db, bell, log, note, agencies, inbox, listResults, box, senders, keepDays, now } = parts
  const targets = createTargetPart({ db, agencies, box })
  const random = parts.random ?? Math.random
  const { deliver, tryOnce } = createDeliver({ db, log, agencies, box, senders, random })
  const feeds = createFeedWatch({ db, log, agencies, now })
  const delivery = { db, deliver, leaseMs: parts.leaseMs ?? 120_000 }
  let deafen: (() => void) | undefined

  async function watchOnce(): Promise<number> {
    const told = (await feeds.look()) + (await watchKeys(db, agencies, now()))
    const written = await writeResults({ db, log, note, inbox, listResults, now })
    if (keepDays > 0) await deleteOldAlerts(db, keepDays)
    return told + written
  }

  const sending = createRepeat({
    name: 'deliver',
    log,
    async work() {
      await deliverDue(delivery, () => sending.isStopping())
      const wait = (await findNextDue(db)) ?? pollMs
      return Math.min(Math.max(wait, 100), pollMs)
    },
  })
  const watching = createRepeat({
    name: 'watch',
    log,
    async work() {
      await watchOnce()
      return watchMs
    },
  })

  return {
    start() {
      deafen ??= bell.on('docketdrop_alert', () => sending.wake())
      sending.start()
      watching.start()
      return Promise.resolve()
    },
    async stop() {
      deafen?.()
      deafen = undefined
      await Promise.all([sending.stop(), watching.stop()])
      await Promise.all([senders.email.close(), senders.webhook.close()])
    },
    deliverOnce: () => deliverDue(delivery, () => false),
    watchOnce,
    addTarget: targets.addTarget,
    listTargets: targets.listTargets,
    removeTarget: targets.removeTarget,
    async testTarget(agency, wanted) {
      const { agencyId } = await agencies.get(agency)
      const target = await targets.getTarget(agencyId, wanted)
      const { targetId, channel, address } = target
      const at = now()
      const answer = await tryOnce({
        ...{ agencyId, targetId, channel, address, alertId: randomUUID() },
        ...{ event: 'alert.test', facts: {}, occurredAt: at, state: 'waiting', attempts: 1 },
        ...{ dueAt: at, code: null, detail: null, endedAt: null },
      })
      const { outcome, detail } = answer
      return { target, outcome, code: 'code' in answer ? answer.code : null, detail }
    },
    list: (agencyId, filter = {}) => listAlerts(db, agencyId, filter),
    async retry(agency, actor) {
      const { agencyId } = await agencies.get(agency)
      return inTransaction(db, async (trx) => {
        const count = await retryAlerts(trx, agencyId)
        const detail = { count }
        await recordAudit(trx, { agencyId, actor, action: 'alert.retry', subject: agency, detail })
        return count
      })
    },
  }
}
