import { v7 as createId } from 'uuid'
import { recordAudit } from '../audit/index.ts'
import { inTransaction } from '../db/index.ts'
import type { Db, Trx } from '../db/index.ts'
import { NotFoundError, UsageError } from '../errors/index.ts'
import { getAccount, lockAccount } from './account-store.ts'
import {
  expireOthers,
  insertKey,
  isFuture,
  listExpiringKeys,
  listKeys,
  listKeysInForce,
  revokeKey,
  touchKey,
  updateKey,
} from './key-store.ts'
import { assertLine } from './names.ts'
import { assertNetworks } from './networks.ts'
import { parsePublicKey } from './public-key.ts'
import type { ParsedKey } from './public-key.ts'
import type { Account, AccountKey, Agencies, NewKey } from './types.ts'

interface Terms {
  readonly parsed: ParsedKey
  readonly label: string | undefined
  readonly networks: string[] | undefined
  readonly expiresAt: Date | undefined
}

/** Everything about a new key that can be judged without the database. */
function readTerms({ publicKey, label, fromNetworks, expiresAt }: NewKey): Terms {
  if (expiresAt !== undefined && Number.isNaN(expiresAt.getTime()))
    throw new UsageError('USAGE_INVALID', 'The expiry of the key is no time.', {
      hint: 'Write it as 2027-06-30T00:00:00Z, for example.',
    })
  return {
    parsed: parsePublicKey(publicKey),
    label:
      label === undefined || label.trim() === '' ? undefined : assertLine('The label', label, 200),
    networks: fromNetworks === undefined ? undefined : assertNetworks(fromNetworks),
    expiresAt,
  }
}

/** An equal key in force takes over the terms that were given, so that a narrower `--from` is never lost silently. */
async function adopt(trx: Trx, key: AccountKey, terms: Terms): Promise<AccountKey> {
  const { label, networks, expiresAt } = terms
  const isSame =
    (label ?? key.label) === key.label &&
    (networks ?? key.fromNetworks).join() === key.fromNetworks.join() &&
    (expiresAt ?? key.expiresAt)?.getTime() === key.expiresAt?.getTime()
  if (isSame) return key
  return updateKey(trx, key, {
    ...(label !== undefined && { label }),
    ...(networks !== undefined && { from_networks: networks }),
    ...(expiresAt !== undefined && { expires_at: expiresAt }),
  })
}

async function assertFuture(trx: Trx, expiresAt: Date | undefined): Promise<void> {
  if (expiresAt === undefined || (await isFuture(trx, expiresAt))) return
  throw new UsageError('USAGE_INVALID', 'The key would have expired already.', {
    hint: 'Give a time to come, or leave the expiry out.',
  })
}

async function addKey(trx: Trx, account: Account, terms: Terms, actor: string) {
  await assertFuture(trx, terms.expiresAt)
  const { parsed, label, networks, expiresAt } = terms
  const audit = (action: string, key: AccountKey) =>
    recordAudit(trx, {
      agencyId: account.agencyId,
      actor,
      action,
      subject: account.account,
      detail: {
        keyId: key.keyId,
        keyType: key.keyType,
        fingerprint: key.fingerprint,
        fromNetworks: key.fromNetworks,
        expiresAt: key.expiresAt,
      },
    })
  const [equal] = (await listKeysInForce(trx, account)).filter((key) =>
    key.publicKey.equals(parsed.publicKey),
  )
  if (equal !== undefined) {
    const key = await adopt(trx, equal, terms)
    if (key !== equal) await audit('key.set', key)
    return { key, isNew: false }
  }
  const ended = (await listKeys(trx, account)).find(
    (key) => key.revokedAt === null && key.publicKey.equals(parsed.publicKey),
  )
  if (ended !== undefined) await revokeKey(trx, ended)
  const key = await insertKey(trx, account, {
    key_id: createId(),
    key_type: parsed.keyType,
    public_key: parsed.publicKey,
    fingerprint: parsed.fingerprint,
    label: label ?? parsed.comment,
    from_networks: networks ?? [],
    expires_at: expiresAt ?? null,
  })
  await audit('key.add', key)
  return { key, isNew: true }
}

/** The key that is meant: by id or fingerprint, one in force before one that is not. */
function choose(keys: readonly AccountKey[], asked: string, account: string): AccountKey {
  const text = asked.trim()
  const meant = keys.filter(
    ({ keyId, fingerprint }) =>
      keyId === text.toLowerCase() || fingerprint === text || fingerprint === `SHA256:${text}`,
  )
  const key = meant.find(({ revokedAt }) => revokedAt === null) ?? meant.at(-1)
  if (key !== undefined) return key
  throw new NotFoundError('KEY_NOT_FOUND', `The account ${account} has no such key.`, {
    hint: `See its keys with: docketdrop key list ${account}`,
  })
}

function assertOverlap(days: number): void {
  if (Number.isInteger(days) && days >= 0 && days <= 365) return
  throw new UsageError('USAGE_INVALID', 'The overlap must be 0 to 365 whole days.', {
    hint: 'Use 7 days, for example: time enough to change the job.',
  })
}

type KeyPart = Pick<
  Agencies,
  'addKey' | 'listKeys' | 'revokeKey' | 'rotateKey' | 'markKeyUsed' | 'listExpiringKeys'
>

/** The part of `Agencies` that is about public keys. */
export function createKeyPart({ db }: { db: Db }): KeyPart {
  return {
    async addKey(name, input, actor) {
      const terms = readTerms(input)
      return inTransaction(db, async (trx) =>
        addKey(trx, await lockAccount(trx, name), terms, actor),
      )
    },
    async listKeys(name) {
      return listKeys(db, await getAccount(db, name))
    },
    revokeKey(name, asked, actor) {
      return inTransaction(db, async (trx) => {
        const account = await lockAccount(trx, name)
        const key = choose(await listKeys(trx, account), asked, name)
        if (key.revokedAt !== null) return key
        const { keyId, fingerprint } = key
        const revoked = await revokeKey(trx, key)
        await recordAudit(trx, {
          agencyId: account.agencyId,
          actor,
          action: 'key.revoke',
          subject: name,
          detail: { keyId, fingerprint },
        })
        return revoked
      })
    },
    async rotateKey(name, input, overlapDays, actor) {
      assertOverlap(overlapDays)
      const terms = readTerms(input)
      return inTransaction(db, async (trx) => {
        const account = await lockAccount(trx, name)
        const added = await addKey(trx, account, terms, actor)
        // A key that was on its way out comes back to stay, unless an end was asked for.
        const key =
          added.key.expiresAt !== null && terms.expiresAt === undefined
            ? await updateKey(trx, added.key, { expires_at: null })
            : added.key
        const expiring = await expireOthers(trx, account, key, overlapDays)
        await recordAudit(trx, {
          agencyId: account.agencyId,
          actor,
          action: 'key.rotate',
          subject: name,
          detail: { keyId: key.keyId, overlapDays, expiring: expiring.map(({ keyId }) => keyId) },
        })
        return { key, expiring }
      })
    },
    markKeyUsed: (agencyId, keyId) => touchKey(db, agencyId, keyId),
    listExpiringKeys: (days) => listExpiringKeys(db, Math.ceil(days)),
  }
}
