import type { Queryable, Trx } from '../db/index.ts'
import type { Account, AccountKey, ExpiringKey } from './types.ts'

export interface KeyRow {
  agency_id: number
  key_id: string
  account_id: number
  key_type: string
  public_key: Buffer
  fingerprint: string
  label: string
  from_networks: string[]
  expires_at: Date | null
  revoked_at: Date | null
  last_used_at: Date | null
  created_at: Date
}

function toKey(row: KeyRow, account: string): AccountKey {
  return {
    keyId: row.key_id,
    agencyId: row.agency_id,
    accountId: row.account_id,
    account,
    keyType: row.key_type,
    publicKey: row.public_key,
    fingerprint: row.fingerprint,
    label: row.label,
    fromNetworks: row.from_networks,
    expiresAt: row.expires_at,
    revokedAt: row.revoked_at,
    lastUsedAt: row.last_used_at,
    createdAt: row.created_at,
  }
}

const ofAccount = ({ agencyId, accountId }: Account) => ({
  agency_id: agencyId,
  account_id: accountId,
})

const inForce = 'revoked_at is null and (expires_at is null or expires_at > now())'

/** All keys of an account, revoked and expired ones too, oldest first. */
export async function listKeys(db: Queryable, account: Account): Promise<AccountKey[]> {
  const rows = await db<KeyRow>('account_keys')
    .where(ofAccount(account))
    .orderBy(['created_at', 'key_id'])
  return rows.map((row) => toKey(row, account.account))
}

/** The keys that open the account now, by the database's clock. */
export async function listKeysInForce(db: Queryable, account: Account): Promise<AccountKey[]> {
  const rows = await db<KeyRow>('account_keys')
    .where(ofAccount(account))
    .whereRaw(inForce)
    .orderBy(['created_at', 'key_id'])
  return rows.map((row) => toKey(row, account.account))
}

export async function insertKey(
  trx: Trx,
  account: Account,
  row: Pick<
    KeyRow,
    'key_id' | 'key_type' | 'public_key' | 'fingerprint' | 'label' | 'from_networks' | 'expires_at'
  >,
): Promise<AccountKey> {
  const [made] = await trx<KeyRow>('account_keys')
    .insert({ ...ofAccount(account), ...row })
    .returning('*')
  return toKey(made as KeyRow, account.account)
}

/** Changes label, networks or expiry of a key that exists. */
export async function updateKey(
  trx: Trx,
  key: AccountKey,
  changes: Partial<Pick<KeyRow, 'label' | 'from_networks' | 'expires_at'>>,
): Promise<AccountKey> {
  const [row] = await trx<KeyRow>('account_keys')
    .where({ agency_id: key.agencyId, key_id: key.keyId })
    .update(changes)
    .returning('*')
  return toKey(row as KeyRow, key.account)
}

/** Takes the key out of force at once; the first revocation's time stays. */
export async function revokeKey(trx: Trx, key: AccountKey): Promise<AccountKey> {
  const [row] = await trx<KeyRow>('account_keys')
    .where({ agency_id: key.agencyId, key_id: key.keyId })
    .update({ revoked_at: trx.raw('coalesce(revoked_at, now())') } as unknown as Partial<KeyRow>)
    .returning('*')
  return toKey(row as KeyRow, key.account)
}

/** Lets every key in force but one end after so many days of 24 hours, or sooner if it was to end sooner. Oldest first. */
export async function expireOthers(
  trx: Trx,
  account: Account,
  keep: AccountKey,
  days: number,
): Promise<AccountKey[]> {
  await trx<KeyRow>('account_keys')
    .where(ofAccount(account))
    .whereNot({ key_id: keep.keyId })
    .whereRaw(inForce)
    .update({
      expires_at: trx.raw(
        `least(coalesce(expires_at, 'infinity'), now() + make_interval(hours => ?))`,
        [days * 24],
      ),
    } as unknown as Partial<KeyRow>)
  const rows = await trx<KeyRow>('account_keys')
    .where(ofAccount(account))
    .whereNot({ key_id: keep.keyId })
    .whereRaw('revoked_at is null and expires_at >= now()')
    .orderBy(['created_at', 'key_id'])
  return rows.map((row) => toKey(row, account.account))
}

/** Is the time still to come, by the database's clock? */
export async function isFuture(db: Queryable, at: Date): Promise<boolean> {
  const { rows } = await db.raw<{ rows: { future: boolean }[] }>(
    'select ?::timestamptz > now() as future',
    [at.toISOString()],
  )
  return rows[0]?.future === true
}

/** Remembers the last use, at most once a minute, so that a busy account does not rewrite its row at every login. */
export async function touchKey(db: Queryable, agencyId: number, keyId: string): Promise<void> {
  await db<KeyRow>('account_keys')
    .where({ agency_id: agencyId, key_id: keyId })
    .whereRaw(`(last_used_at is null or last_used_at < now() - interval '1 minute')`)
    .update({ last_used_at: db.fn.now() } as unknown as Partial<KeyRow>)
}

/** Keys in force, of accounts and agencies in use, that end within so many days of 24 hours, soonest first. */
export async function listExpiringKeys(db: Queryable, days: number): Promise<ExpiringKey[]> {
  const { rows } = await db.raw<{
    rows: (KeyRow & { account: string; agency: string; replaced: boolean })[]
  }>(
    `select k.*, a.account, g.agency,
            exists (select
                      from account_keys o
                     where o.agency_id = k.agency_id
                       and o.account_id = k.account_id
                       and o.key_id <> k.key_id
                       and o.revoked_at is null
                       and (o.expires_at is null or o.expires_at > now() + make_interval(hours => :hours))) as replaced
       from account_keys k
       join accounts a using (agency_id, account_id)
       join agencies g using (agency_id)
      where k.revoked_at is null
        and k.expires_at > now()
        and k.expires_at <= now() + make_interval(hours => :hours)
        and a.status = 'active'
        and g.status = 'active'
      order by k.expires_at, k.key_id`,
    { hours: days * 24 },
  )
  return rows.map((row) => ({
    ...toKey(row, row.account),
    agency: row.agency,
    isReplaced: row.replaced,
  }))
}
