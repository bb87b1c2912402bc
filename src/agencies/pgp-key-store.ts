import type { Queryable, Trx } from '../db/index.ts'
import type { PgpKey } from './pgp-types.ts'

export interface PgpKeyRow {
  agency_id: number
  key_id: string
  role: PgpKey['role']
  fingerprint: string
  subkey_ids: string[]
  user_id: string
  label: string
  public_key: string
  /** The armored private half, sealed; null for senders. */
  sealed_key: Buffer | null
  expires_at: Date | null
  created_at: Date
  revoked_at: Date | null
}

const shown = [
  'agency_id',
  'key_id',
  'role',
  'fingerprint',
  'subkey_ids',
  'user_id',
  'label',
  'public_key',
  'expires_at',
  'created_at',
  'revoked_at',
] as const

function toKey(row: Omit<PgpKeyRow, 'sealed_key'>): PgpKey {
  return {
    keyId: row.key_id,
    agencyId: row.agency_id,
    role: row.role,
    fingerprint: row.fingerprint,
    subkeyIds: row.subkey_ids,
    userId: row.user_id,
    label: row.label,
    publicKey: row.public_key,
    expiresAt: row.expires_at,
    createdAt: row.created_at,
    revokedAt: row.revoked_at,
  }
}

/** All OpenPGP keys of an agency, revoked ones too, oldest first. */
export async function listPgpKeys(db: Queryable, agencyId: number): Promise<PgpKey[]> {
  const rows = await db<PgpKeyRow>('pgp_keys')
    .where({ agency_id: agencyId })
    .orderBy(['created_at', 'key_id'])
    .select(...shown)
  return rows.map(toKey)
}

/** Keys in force with their sealed private halves, newest first. */
export async function listSealedPgpKeys(
  db: Queryable,
  agencyId: number,
): Promise<Pick<PgpKeyRow, 'key_id' | 'role' | 'public_key' | 'sealed_key'>[]> {
  return db<PgpKeyRow>('pgp_keys')
    .where({ agency_id: agencyId, revoked_at: null })
    .orderBy('created_at', 'desc')
    .select('key_id', 'role', 'public_key', 'sealed_key')
}

export async function insertPgpKey(
  trx: Trx,
  row: Omit<PgpKeyRow, 'created_at' | 'revoked_at'>,
): Promise<PgpKey> {
  const [made] = await trx<PgpKeyRow>('pgp_keys').insert(row).returning(shown)
  return toKey(made as PgpKeyRow)
}

/** Takes the key out of force at once; the first revocation's time stays. */
export async function revokePgpKey(trx: Trx, { agencyId, keyId }: PgpKey): Promise<PgpKey> {
  const [row] = await trx<PgpKeyRow>('pgp_keys')
    .where({ agency_id: agencyId, key_id: keyId })
    .update({ revoked_at: trx.raw('coalesce(revoked_at, now())') } as unknown as Partial<PgpKeyRow>)
    .returning(shown)
  return toKey(row as PgpKeyRow)
}
