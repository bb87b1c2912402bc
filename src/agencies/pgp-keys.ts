import { v7 as createId } from 'uuid'
import { recordAudit } from '../audit/index.ts'
import type { SecretBox } from '../config/index.ts'
import { inTransaction } from '../db/index.ts'
import type { Db, Trx } from '../db/index.ts'
import { NotFoundError } from '../errors/index.ts'
import { getAgency, lockAgency } from './agency-store.ts'
import { assertLine } from './names.ts'
import { insertPgpKey, listPgpKeys, listSealedPgpKeys, revokePgpKey } from './pgp-key-store.ts'
import { generatePgpKey, parsePgpKey } from './pgp-key-text.ts'
import type { ParsedPgpKey } from './pgp-key-text.ts'
import type { PgpKey, PgpKeys } from './pgp-types.ts'
import type { Agency } from './types.ts'

/** A fingerprint's end of so many digits is enough to name a key. */
const leastDigits = 8

/** What a sealed private half belongs to; it opens nowhere else. */
const placeOf = (agencyId: number, keyId: string) => `pgp:${agencyId}:${keyId}`

function choose(keys: readonly PgpKey[], asked: string | undefined, agency: string): PgpKey {
  const text = asked?.trim().toLowerCase().replace(/^0x/, '').replaceAll(' ', '')
  const isMeant = ({ keyId, fingerprint, subkeyIds, role }: PgpKey): boolean => {
    if (text === undefined) return role === 'receive'
    const isEnd = text.length >= leastDigits && fingerprint.endsWith(text)
    return keyId === text || isEnd || subkeyIds.includes(text)
  }
  const meant = keys.filter(isMeant)
  const inForce = meant.filter(({ revokedAt }) => revokedAt === null)
  const key = inForce.at(-1) ?? (text === undefined ? undefined : meant.at(-1))
  if (key !== undefined) return key
  throw new NotFoundError(
    'PGP_KEY_NOT_FOUND',
    asked === undefined
      ? `The agency ${agency} has no OpenPGP key of its own.`
      : `The agency ${agency} has no such OpenPGP key.`,
    {
      hint:
        asked === undefined
          ? `Make one with: docketdrop pgp generate ${agency}`
          : `See its keys with: docketdrop pgp list ${agency}`,
    },
  )
}

const auditDetail = ({ keyId, role, fingerprint }: PgpKey) => ({ keyId, role, fingerprint })

/** The OpenPGP keys of agencies; private halves are sealed before they reach the database. */
export function createPgpKeys({ db, secretBox }: { db: Db; secretBox: SecretBox }): PgpKeys {
  async function add(
    trx: Trx,
    { agencyId, agency }: Agency,
    parsed: ParsedPgpKey,
    label: string,
    actor: string,
  ): Promise<{ key: PgpKey; isNew: boolean }> {
    const { fingerprint, privateKey } = parsed
    const role = privateKey === undefined ? 'sender' : 'receive'
    const equal = (await listPgpKeys(trx, agencyId)).find(
      (key) => key.revokedAt === null && key.role === role && key.fingerprint === fingerprint,
    )
    if (equal !== undefined) return { key: equal, isNew: false }
    const keyId = createId()
    const key = await insertPgpKey(trx, {
      agency_id: agencyId,
      key_id: keyId,
      role,
      fingerprint,
      subkey_ids: [...parsed.subkeyIds],
      user_id: parsed.userId,
      label,
      public_key: parsed.publicKey,
      sealed_key:
        privateKey === undefined
          ? null
          : await secretBox.seal(privateKey, placeOf(agencyId, keyId)),
      expires_at: parsed.expiresAt,
    })
    const detail = auditDetail(key)
    await recordAudit(trx, { agencyId, actor, action: 'pgp.add', subject: agency, detail })
    return { key, isNew: true }
  }

  const toLabel = (label: string | undefined) =>
    label === undefined || label.trim() === '' ? '' : assertLine('The label', label, 200)

  return {
    async generate(name, { label }, actor) {
      const line = toLabel(label)
      const parsed = await generatePgpKey((await getAgency(db, name)).name)
      const made = await inTransaction(db, async (trx) =>
        add(trx, await lockAgency(trx, name), parsed, line, actor),
      )
      return made.key
    },
    async import(name, input, actor) {
      const line = toLabel(input.label)
      const parsed = await parsePgpKey(input)
      return inTransaction(db, async (trx) =>
        add(trx, await lockAgency(trx, name), parsed, line, actor),
      )
    },
    async list(name) {
      return listPgpKeys(db, (await getAgency(db, name)).agencyId)
    },
    async get(name, asked) {
      return choose(await listPgpKeys(db, (await getAgency(db, name)).agencyId), asked, name)
    },
    revoke(name, asked, actor) {
      return inTransaction(db, async (trx) => {
        const { agencyId } = await lockAgency(trx, name)
        const key = choose(await listPgpKeys(trx, agencyId), asked, name)
        if (key.revokedAt !== null) return key
        const detail = auditDetail(key)
        await recordAudit(trx, { agencyId, actor, action: 'pgp.revoke', subject: name, detail })
        return revokePgpKey(trx, key)
      })
    },
    async getKeyring(agencyId) {
      const keys = await listSealedPgpKeys(db, agencyId)
      const privateKeys: string[] = []
      for (const { key_id: keyId, sealed_key: sealed } of keys) {
        if (sealed !== null)
          privateKeys.push(await secretBox.open(sealed, placeOf(agencyId, keyId)))
      }
      const senders = keys.filter(({ role }) => role === 'sender')
      return { privateKeys, senderKeys: senders.map((key) => key.public_key) }
    },
  }
}
