import { randomBytes, randomUUID } from 'node:crypto'
import type { Agencies } from '../agencies/index.ts'
import { recordAudit } from '../audit/index.ts'
import type { SecretBox } from '../config/index.ts'
import { inTransaction } from '../db/index.ts'
import type { Db } from '../db/index.ts'
import { NotFoundError, UsageError } from '../errors/index.ts'
import { createWebhookSecret, parseWebhookSecret, parseWebhookUrl } from '../senders/index.ts'
import { parseEvents } from './events.ts'
import { deleteTarget, findTarget, listTargets, saveTarget } from './target-store.ts'
import type { Alerts, AlertTarget, NewAlertTarget } from './types.ts'

export interface TargetParts {
  readonly db: Db
  readonly agencies: Pick<Agencies, 'get'>
  readonly box: SecretBox
}

/** What the secret of a target is sealed for. */
export const toPlace = (agencyId: number, targetId: string) =>
  `alert-target:${agencyId}:${targetId}`

function assertEmail(address: string): string {
  const text = address.trim()
  const isAddress = /^[^\s@"<>(),;:\\[\]]+@[^\s@"<>(),;:\\[\]]+\.[^\s@"<>(),;:\\[\]]+$/.test(text)
  if (isAddress && text.length <= 254) return text.toLowerCase()
  throw new UsageError('USAGE_INVALID', 'The e-mail address cannot be used.', {
    hint: 'Write one plain address, such as it@court.example.',
  })
}

/** The address as it is kept, so that the same one is the same target. */
function toAddress({ channel, address }: NewAlertTarget): string {
  return channel === 'email' ? assertEmail(address) : parseWebhookUrl(address.trim()).href
}

/** For the log: of a webhook the host alone, because paths are often secrets. */
function toDetail({ channel, address, events }: AlertTarget): Record<string, unknown> {
  return { channel, ...(channel === 'webhook' && { host: new URL(address).host }), events }
}

type TargetPart = Pick<Alerts, 'addTarget' | 'listTargets' | 'removeTarget'> & {
  /** By id, its end of 8 digits, or the address. @throws NotFoundError ALERT_TARGET_NOT_FOUND */
  getTarget(agencyId: number, targetIdOrAddress: string): Promise<AlertTarget>
}

/** The part of `Alerts` that is about who is told. */
export function createTargetPart({ db, agencies, box }: TargetParts): TargetPart {
  async function getTarget(agencyId: number, wanted: string): Promise<AlertTarget> {
    const text = wanted.trim().toLowerCase()
    const found = (await listTargets(db, agencyId)).filter(
      ({ targetId, address }) =>
        targetId === text || targetId.slice(-8) === text || address.toLowerCase() === text,
    )
    if (found.length === 1 && found[0] !== undefined) return found[0]
    throw new NotFoundError('ALERT_TARGET_NOT_FOUND', 'Nobody of this address or id is told.', {
      hint: 'See who is told with: docketdrop alert list <agency>',
    })
  }

  return {
    getTarget,
    listTargets: (agencyId) => listTargets(db, agencyId),
    async addTarget(agency, input, actor) {
      const { agencyId } = await agencies.get(agency)
      const { channel } = input
      const address = toAddress(input)
      const events = parseEvents(input.events, channel)
      if (channel === 'email' && input.secret !== undefined)
        throw new UsageError('USAGE_INVALID', 'An e-mail address has no signing secret.')
      if (input.secret !== undefined) parseWebhookSecret(input.secret)
      const made = input.secret ?? createWebhookSecret(randomBytes(32))
      return inTransaction(db, async (trx) => {
        const known = await findTarget(trx, agencyId, channel, address)
        const targetId = known?.targetId ?? randomUUID()
        const sealed =
          channel === 'email' ? null : await box.seal(made, toPlace(agencyId, targetId))
        const target = await saveTarget(
          trx,
          { agencyId, targetId, channel, address, events },
          sealed,
        )
        await recordAudit(trx, {
          agencyId,
          actor,
          action: known === undefined ? 'alert.add' : 'alert.set',
          subject: targetId,
          detail: toDetail(target),
        })
        const secret = channel === 'webhook' && input.secret === undefined ? made : null
        return { target, isNew: known === undefined, secret }
      })
    },
    async removeTarget(agency, wanted, actor) {
      const { agencyId } = await agencies.get(agency)
      const target = await getTarget(agencyId, wanted)
      await inTransaction(db, async (trx) => {
        await deleteTarget(trx, agencyId, target.targetId)
        await recordAudit(trx, {
          agencyId,
          actor,
          action: 'alert.remove',
          subject: target.targetId,
          detail: toDetail(target),
        })
      })
      return target
    },
  }
}
