import type { Agencies } from '../agencies/index.ts'
import type { SecretBox } from '../config/index.ts'
import type { Db } from '../db/index.ts'
import { AppError, toError } from '../errors/index.ts'
import type { Logger } from '../log/index.ts'
import type {
  Destination,
  OutgoingMessage,
  SendAnswer,
  Sender,
  SendFault,
} from '../senders/index.ts'
import { toPayload } from './alert-payload.ts'
import { putOffAlert, saveFailed, saveSent } from './alert-store.ts'
import { renderAlert } from './alert-text.ts'
import { findPause, longestOthersMs } from './backoff.ts'
import { disableTarget, findSealedSecret } from './target-store.ts'
import { toPlace } from './targets.ts'
import type { Alert } from './types.ts'

export interface DeliverParts {
  readonly db: Db
  readonly log: Logger
  readonly agencies: Pick<Agencies, 'getById'>
  readonly box: SecretBox
  readonly senders: Readonly<Record<Alert['channel'], Sender>>
  /** From 0 to 1. */
  readonly random: () => number
}

/** A fault of our own, such as a key file that was lost; people can mend it. */
function toOwnFault(error: unknown): SendFault {
  const detail = error instanceof AppError ? error.code : toError(error).name
  return { outcome: 'temporary', code: 'NOT_SET_UP', detail, retryAfterMs: null, isWide: true }
}

/**
 * True when trying again is of no use. A webhook that refuses is asked again all the same (Standard Webhooks 1.0, "Deliverability
 * and reliability"): its receiver is a program that somebody may be mending.
 */
const isHopeless = ({ channel }: Alert, { outcome, code }: SendFault) =>
  outcome === 'permanent' && (channel === 'email' || code === 'GONE')

/** Hands alerts to senders and writes down how that went. */
export function createDeliver({ db, log, agencies, box, senders, random }: DeliverParts): {
  /** One try, nothing written. Never throws. */
  tryOnce(alert: Alert): Promise<SendAnswer>
  /** One try of a claimed alert, and its outcome. */
  deliver(alert: Alert): Promise<void>
} {
  async function toDestination({
    agencyId,
    targetId,
    channel,
    address,
  }: Alert): Promise<Destination> {
    if (channel === 'email') return { address }
    const sealed = await findSealedSecret(db, agencyId, targetId)
    const secrets = sealed === null ? [] : [await box.open(sealed, toPlace(agencyId, targetId))]
    return { address, secrets }
  }

  async function toMessage(alert: Alert): Promise<OutgoingMessage> {
    const agency = await agencies.getById(alert.agencyId)
    const { subject, body } = renderAlert(alert, agency)
    const to = await toDestination(alert)
    return {
      id: alert.alertId,
      to,
      subject,
      body: alert.channel === 'email' ? body : toPayload(alert, agency),
    }
  }

  async function tryOnce(alert: Alert): Promise<SendAnswer> {
    let message: OutgoingMessage
    try {
      message = await toMessage(alert)
    } catch (error) {
      return toOwnFault(error)
    }
    return senders[alert.channel].send(message)
  }

  async function saveFault(alert: Alert, fault: SendFault): Promise<void> {
    const { code, detail } = fault
    const fields = {
      agencyId: alert.agencyId,
      alertId: alert.alertId,
      targetId: alert.targetId,
      event: alert.event,
      attempts: alert.attempts,
      code,
      detail,
    }
    const pause = findPause(alert.attempts, fault.retryAfterMs, random())
    if (isHopeless(alert, fault) || pause === undefined) {
      await saveFailed(db, alert, { code, detail })
      if (code === 'GONE') await disableTarget(db, alert.agencyId, alert.targetId, detail)
      log.error('alert given up', fields)
      return
    }
    const othersMs = fault.isWide ? Math.min(pause, longestOthersMs) : 0
    await putOffAlert(db, alert, { code, detail }, { delayMs: pause, othersMs })
    log.warn('alert not delivered, will be tried again', fields)
  }

  return {
    tryOnce,
    async deliver(alert) {
      const answer = await tryOnce(alert)
      if (answer.outcome !== 'accepted') return saveFault(alert, answer)
      await saveSent(db, alert)
      const { agencyId, alertId, event } = alert
      log.info('alert delivered', { agencyId, alertId, event, detail: answer.detail })
    },
  }
}
