import type { Agencies, Agency } from '../agencies/index.ts'
import { inTransaction } from '../db/index.ts'
import type { Db, Trx } from '../db/index.ts'
import { claimDue, endMessages, expireHeld, findNextDue } from './dispatch-store.ts'
import type { DueRow, Ending } from './dispatch-store.ts'
import { listFlowVersions } from './flow-store.ts'
import { createRenderer } from './render-message.ts'
import type { Renderer } from './render-message.ts'

const batchSize = 500
/** A bell may be lost, and clocks jump: nothing is slept through for longer. */
const longestSleep = 30_000

export interface DispatcherParts {
  readonly db: Db
  readonly agencies: Pick<Agencies, 'list'>
}

/** Ends messages whose time has come. */
export interface Dispatcher {
  /** Works off everything that is due; returns how many messages ended. Several may run at once. */
  dispatch(): Promise<number>
  /** Milliseconds to sleep, at most 30,000. */
  findSleep(): Promise<number>
}

function toEnding(row: DueRow, renderer: Renderer): Ending {
  const { message_id, to_state: state, to_reason: reason } = row
  const nothing = { subject: null, body: null, segments: null }
  if (state !== 'simulated') return { message_id, state, reason, ...nothing }
  const text = renderer.render(row, row.clock)
  if (text === undefined) return { message_id, state: 'suppressed', reason: 'no_text', ...nothing }
  return { message_id, state, reason, ...text }
}

/**
 * The dispatcher of agencies in `simulate`: everything but the provider call. Claim, check and end are one
 * transaction, so a crash leaves a message either scheduled or simulated, with the text it would have had.
 */
export function createDispatcher({ db, agencies }: DispatcherParts): Dispatcher {
  async function dispatchBatch(trx: Trx, agency: Agency): Promise<number> {
    const due = await claimDue(trx, agency.agencyId, batchSize)
    if (due.length === 0) return 0
    const renderer = createRenderer(await listFlowVersions(trx, agency.agencyId), agency)
    return endMessages(
      trx,
      agency.agencyId,
      due.map((row) => toEnding(row, renderer)),
    )
  }

  async function listSimulated(): Promise<Agency[]> {
    const all = await agencies.list()
    return all.filter(({ delivery, status }) => delivery === 'simulate' && status === 'active')
  }

  return {
    async dispatch() {
      let ended = 0
      for (const agency of await listSimulated()) {
        ended += await expireHeld(db, agency.agencyId)
        let batch: number
        do {
          batch = await inTransaction(db, (trx) => dispatchBatch(trx, agency))
          ended += batch
        } while (batch === batchSize)
      }
      return ended
    },
    async findSleep() {
      const ids = (await listSimulated()).map(({ agencyId }) => agencyId)
      const wait = await findNextDue(db, ids)
      return Math.min(Math.max(wait ?? longestSleep, 0), longestSleep)
    },
  }
}
