import { v7 as createId } from 'uuid'
import { recordAudit } from '../audit/index.ts'
import { inTransaction } from '../db/index.ts'
import type { Db, Trx } from '../db/index.ts'
import { NotFoundError, UsageError } from '../errors/index.ts'
import { getAgency, lockAgency } from './agency-store.ts'
import {
  insertCa,
  insertRevokedCertificate,
  listCas,
  listRevokedCertificates,
  renameCa,
  revokeCa,
} from './ca-store.ts'
import { assertLine } from './names.ts'
import { parsePublicKey } from './public-key.ts'
import type { ParsedKey } from './public-key.ts'
import type { Agencies, Agency, CertificateAuthority } from './types.ts'

type CaPart = Pick<
  Agencies,
  'addCa' | 'listCas' | 'revokeCa' | 'revokeCertificate' | 'listRevokedCertificates'
>

/** The authority that is meant: by id or fingerprint, one in force before one that is not. */
function choose(all: readonly CertificateAuthority[], asked: string, agency: string) {
  const text = asked.trim()
  const meant = all.filter(
    ({ caId, fingerprint }) =>
      caId === text.toLowerCase() || fingerprint === text || fingerprint === `SHA256:${text}`,
  )
  const found = meant.find(({ revokedAt }) => revokedAt === null) ?? meant.at(-1)
  if (found !== undefined) return found
  throw new NotFoundError('CA_NOT_FOUND', `The agency ${agency} has no such authority.`, {
    hint: `See them with: docketdrop ca list ${agency}`,
  })
}

/** The largest serial number of a certificate (PROTOCOL.certkeys: uint64). */
const mostSerial = 2n ** 64n - 1n

/** Text of digits only may be a serial number or a key id, so both are revoked. @throws UsageError for 0, the serial of every certificate made without `-z` */
function toSerial(text: string): string | null {
  if (!/^\d{1,20}$/.test(text)) return null
  const serial = BigInt(text)
  if (serial === 0n)
    throw new UsageError(
      'USAGE_INVALID',
      'A certificate cannot be revoked by the serial number 0: all that were signed without a number have it.',
      { hint: 'Give its key id, the text that was signed with ssh-keygen -I.' },
    )
  return serial > mostSerial ? null : serial.toString()
}

async function add(
  trx: Trx,
  { agencyId, agency }: Agency,
  parsed: ParsedKey,
  label: string | undefined,
  actor: string,
): Promise<{ ca: CertificateAuthority; isNew: boolean }> {
  const equal = (await listCas(trx, { agencyId })).find(
    (ca) => ca.revokedAt === null && ca.publicKey.equals(parsed.publicKey),
  )
  if (equal !== undefined && (label ?? equal.label) === equal.label)
    return { ca: equal, isNew: false }
  const ca =
    equal === undefined
      ? await insertCa(trx, {
          agency_id: agencyId,
          ca_id: createId(),
          key_type: parsed.keyType,
          public_key: parsed.publicKey,
          fingerprint: parsed.fingerprint,
          label: label ?? parsed.comment,
        })
      : await renameCa(trx, equal, label ?? equal.label)
  const { caId, keyType, fingerprint } = ca
  await recordAudit(trx, {
    agencyId,
    actor,
    action: equal === undefined ? 'ca.add' : 'ca.set',
    subject: agency,
    detail: { caId, keyType, fingerprint, label: ca.label },
  })
  return { ca, isNew: equal === undefined }
}

/** The part of `Agencies` that is about OpenSSH certificates. */
export function createCaPart({ db }: { db: Db }): CaPart {
  return {
    async addCa(name, { publicKey, label }, actor) {
      const parsed = parsePublicKey(publicKey)
      const text = label === undefined || label.trim() === '' ? undefined : label
      const line = text === undefined ? undefined : assertLine('The label', text, 200)
      return inTransaction(db, async (trx) =>
        add(trx, await lockAgency(trx, name), parsed, line, actor),
      )
    },
    async listCas(name) {
      return listCas(db, await getAgency(db, name))
    },
    revokeCa(name, asked, actor) {
      return inTransaction(db, async (trx) => {
        const agency = await lockAgency(trx, name)
        const ca = choose(await listCas(trx, agency), asked, name)
        if (ca.revokedAt !== null) return ca
        const { caId, fingerprint } = ca
        const revoked = await revokeCa(trx, ca)
        await recordAudit(trx, {
          agencyId: agency.agencyId,
          actor,
          action: 'ca.revoke',
          subject: name,
          detail: { caId, fingerprint },
        })
        return revoked
      })
    },
    async revokeCertificate(name, asked, actor) {
      const keyId = assertLine('The serial number or key id', asked, 200)
      const serial = toSerial(keyId)
      return inTransaction(db, async (trx) => {
        const { agencyId } = await lockAgency(trx, name)
        const row = { agency_id: agencyId, key_id: keyId, serial }
        const made = await insertRevokedCertificate(trx, row)
        if (made !== undefined) {
          await recordAudit(trx, {
            agencyId,
            actor,
            action: 'ca.revoke-certificate',
            subject: name,
            detail: { keyId, serial },
          })
          return { certificate: made, isNew: true }
        }
        const all = await listRevokedCertificates(trx, { agencyId })
        const certificate = all.find((one) => one.keyId === keyId)
        return {
          certificate: certificate ?? { keyId, serial, createdAt: new Date() },
          isNew: false,
        }
      })
    },
    async listRevokedCertificates(name) {
      return listRevokedCertificates(db, await getAgency(db, name))
    },
  }
}
