import type { Agencies } from '../agencies/index.ts'
import { inTransaction, ring } from '../db/index.ts'
import type { Bell, Db } from '../db/index.ts'
import { NotFoundError } from '../errors/index.ts'
import type { Logger } from '../log/index.ts'
import {
  finishPlanRequest,
  putOffPlanRequest,
  requestPlan,
  takePlanRequest,
} from '../records/index.ts'
import type { PlanRequest } from '../records/index.ts'
import { createDispatcher } from './dispatcher.ts'
import { listFlowVersions } from './flow-store.ts'
import type { FlowVersion } from './flow-store.ts'
import { importFlow, loadFlows } from './import-flow.ts'
import { toMessageJson } from './message-json.ts'
import { findExample, findMessage, listChanges, readMessages } from './message-store.ts'
import type { ChangeRow } from './message-store.ts'
import { analyzeMessages } from './plan-store.ts'
import { planMessages } from './plan.ts'
import { createExample, previewFlow } from './preview.ts'
import { rehearsePlan } from './rehearse.ts'
import { createRenderer } from './render-message.ts'
import type { Renderer } from './render-message.ts'
import { readResults } from './results-store.ts'
import { createLoop } from './run-loop.ts'
import type { Messaging, StoredFlow } from './types.ts'

/** What messaging needs. */
export interface MessagingParts {
  readonly db: Db
  readonly bell: Bell
  readonly log: Logger
  readonly agencies: Pick<Agencies, 'get' | 'getById' | 'list'>
  /** Says what has passed when planning; what is due is decided by the database's clock alone. */
  readonly now: () => Date
}

/** A ring that was lost costs no more than this until a request is planned. */
const planPolling = 10_000

/** From so many new messages on, the statistics of the table are brought up to date at once. */
const largePlan = 5000

function toStored({ agencyId, flow, version, source, createdAt }: FlowVersion): StoredFlow {
  return { agencyId, flow, version, source, createdAt }
}

/** How a message was made, which its own row tells, and then what is written down. */
function toHistory(
  row: { created_at: Date; state: string; reason: string | null },
  changes: readonly ChangeRow[],
): { at: string; from: string | null; to: string; reason: string | null; actor: string }[] {
  const [first] = changes
  const made = {
    at: row.created_at.toISOString(),
    from: null,
    to: first?.from_state ?? row.state,
    reason: first === undefined ? row.reason : null,
    actor: 'planning',
  }
  return [
    made,
    ...changes.map(({ at, from_state, to_state, reason, actor }) => ({
      at: at.toISOString(),
      from: from_state,
      to: to_state,
      reason,
      actor,
    })),
  ]
}

/** Plans messages from records and flows, and ends the due ones of agencies in `simulate`. */
export function createMessaging({ db, bell, log, agencies, now }: MessagingParts): Messaging {
  const dispatcher = createDispatcher({ db, agencies })
  const listeners: (() => void)[] = []

  /** Plans and closes one request in one transaction: a crash leaves it open for the next. */
  async function planOnce(): Promise<boolean> {
    let taken: PlanRequest | undefined
    const work = inTransaction(db, async (trx) => {
      const request = await takePlanRequest(trx)
      taken = request
      if (request === undefined) return undefined
      const agency = await agencies.getById(request.agencyId)
      const result = await planMessages(trx, agency, request, now())
      await finishPlanRequest(trx, request, result)
      await ring(trx, 'docketdrop_due', String(request.agencyId))
      log.info('Messages planned', { ...request, ...result })
      return result.planned
    })
    const planned = await work.catch(async (error: unknown) => {
      if (taken !== undefined) await putOffPlanRequest(db, taken)
      throw error
    })
    if (planned !== undefined && planned >= largePlan) await analyzeMessages(db)
    return planned !== undefined
  }

  async function planAll(): Promise<void> {
    while (await planOnce());
  }

  const planner = createLoop({
    work: planAll,
    findSleep: () => Promise.resolve(planPolling),
    log,
    failure: 'Planning failed and will be tried again',
  })
  const sender = createLoop({
    work: () => dispatcher.dispatch(),
    findSleep: () => dispatcher.findSleep(),
    log,
    failure: 'Ending due messages failed and will be tried again',
  })

  async function openRenderer(agencyId: number): Promise<Renderer> {
    const agency = await agencies.getById(agencyId)
    return createRenderer(await listFlowVersions(db, agencyId), agency)
  }

  async function loadStored(agencyId: number): Promise<FlowVersion[]> {
    return inTransaction(db, async (trx) => {
      const { flows, audit } = await loadFlows(trx, agencyId)
      await audit()
      return flows
    })
  }

  async function getVersion(agencyId: number, flow: string): Promise<FlowVersion> {
    const known = await loadStored(agencyId)
    const found = known.find((one) => one.flow === flow)
    if (found !== undefined) return found
    throw new NotFoundError('FLOW_NOT_FOUND', `There is no flow ${JSON.stringify(flow)}.`, {
      hint: `Flows of this agency are: ${known.map((one) => one.flow).join(', ')}.`,
    })
  }

  return {
    start() {
      if (listeners.length === 0) {
        listeners.push(bell.on('docketdrop_plan', () => planner.wake()))
        listeners.push(bell.on('docketdrop_due', () => sender.wake()))
      }
      planner.start()
      sender.start()
      return Promise.resolve()
    },
    async stop() {
      for (const take of listeners.splice(0)) take()
      await Promise.all([planner.stop(), sender.stop()])
    },
    planOnce,
    dispatchOnce: () => dispatcher.dispatch(),
    importFlow: (agencyId, yaml, actor) =>
      inTransaction(db, async (trx) => {
        const result = await importFlow(trx, agencyId, yaml, actor)
        if (result.changed) await requestPlan(trx, { agencyId, uploadId: null, cause: 'flow' })
        return result
      }),
    listFlows: async (agencyId) => (await loadStored(agencyId)).map(toStored),
    getFlow: async (agencyId, flow) => toStored(await getVersion(agencyId, flow)),
    async *list(agencyId, filter = {}) {
      const renderer = await openRenderer(agencyId)
      for await (const page of readMessages(db, agencyId, filter)) {
        for (const row of page) yield toMessageJson(row, renderer)
      }
    },
    listResults: (agencyId, from, until) => readResults(db, agencyId, from, until),
    async get(agencyId, messageId) {
      const row = /^\d{1,18}$/.test(messageId)
        ? await findMessage(db, agencyId, messageId)
        : undefined
      if (row === undefined) {
        throw new NotFoundError('MESSAGE_NOT_FOUND', 'There is no message of this number.', {
          hint: 'docketdrop messages list shows the numbers.',
        })
      }
      const renderer = await openRenderer(agencyId)
      const changes = await listChanges(db, agencyId, messageId)
      return { ...toMessageJson(row, renderer), history: toHistory(row, changes) }
    },
    rehearse: (trx, agency, uploadId) => rehearsePlan(trx, agency, uploadId, now()),
    async preview(agencyId, flow, clientReference) {
      const agency = await agencies.getById(agencyId)
      const { body } = await getVersion(agencyId, flow)
      const found = await findExample(db, agencyId, clientReference)
      if (found === undefined && clientReference !== undefined) {
        throw new NotFoundError(
          'RECORD_NOT_FOUND',
          'There is no event of a client of this reference.',
          {
            hint: 'docketdrop records export shows the clients; leave the client out to see sample data.',
          },
        )
      }
      const moment = now()
      return previewFlow(body, agency, found ?? createExample(agency.timeZone, moment), moment)
    },
  }
}
