import type { Queryable } from '../db/index.ts'
import { toAccount } from './account-store.ts'
import type { AccountRow } from './account-store.ts'
import { toAgency } from './agency-store.ts'
import type { AgencyRow } from './agency-store.ts'
import { isName } from './names.ts'
import type { Login } from './types.ts'

/** Within JSON, times are text and bytes are base64. */
interface KeyJson {
  key_id: string
  key_type: string
  public_key: string
  fingerprint: string
  label: string
  from_networks: string[]
  expires_at: string | null
  last_used_at: string | null
  created_at: string
}

interface CaJson {
  ca_id: string
  key_type: string
  public_key: string
  fingerprint: string
  label: string
  created_at: string
}

interface LoginRow {
  agency: Omit<AgencyRow, 'created_at'> & { created_at: string }
  account: Omit<AccountRow, 'created_at'> & { created_at: string }
  keys: KeyJson[] | null
  authorities: CaJson[] | null
  revoked: { keyId: string; serial: string | null; created_at: string }[] | null
  hash: string | null
  set_at: Date | null
  failures: number
  locked_until: Date | null
}

/**
 * Everything a sign-in is judged by, in one statement: it stands between each client and its session, and an account that is
 * not there must cost as many statements as one that is.
 */
const select = `
  select to_json(g) as agency,
         to_json(a) as account,
         (select json_agg(k)
            from (select key_id, key_type, encode(public_key, 'base64') as public_key, fingerprint, label,
                         from_networks, expires_at, last_used_at, created_at
                    from account_keys
                   where agency_id = a.agency_id
                     and account_id = a.account_id
                     and revoked_at is null
                     and (expires_at is null or expires_at > now())
                   order by created_at, key_id) k)                              as keys,
         (select json_agg(c)
            from (select ca_id, key_type, encode(public_key, 'base64') as public_key, fingerprint, label, created_at
                    from agency_cas
                   where agency_id = a.agency_id
                     and revoked_at is null
                   order by created_at, ca_id) c)                               as authorities,
         (select json_agg(r)
            from (select key_id as "keyId", serial::text, created_at
                    from revoked_certificates
                   where agency_id = a.agency_id) r)                            as revoked,
         p.hash,
         p.set_at,
         (select count(*)::int
            from unnest(l.failed_at) as f (at)
           where f.at > now() - interval '15 minutes')                         as failures,
         case when l.locked_until > now() then l.locked_until end               as locked_until
    from accounts a
    join agencies g using (agency_id)
    left join account_passwords p using (agency_id, account_id)
    left join account_locks     l using (agency_id, account_id)
   where a.status = 'active'
     and g.status = 'active'`

const toBytes = (text: string) => Buffer.from(text, 'base64')

function toLogin(row: LoginRow): Login {
  const agency = toAgency({ ...row.agency, created_at: new Date(row.agency.created_at) })
  const account = toAccount({ ...row.account, created_at: new Date(row.account.created_at) })
  const { agencyId, accountId } = account
  return {
    agency,
    account,
    keys: (row.keys ?? []).map((key) => ({
      keyId: key.key_id,
      agencyId,
      accountId,
      account: account.account,
      keyType: key.key_type,
      publicKey: toBytes(key.public_key),
      fingerprint: key.fingerprint,
      label: key.label,
      fromNetworks: key.from_networks,
      expiresAt: key.expires_at === null ? null : new Date(key.expires_at),
      revokedAt: null,
      lastUsedAt: key.last_used_at === null ? null : new Date(key.last_used_at),
      createdAt: new Date(key.created_at),
    })),
    authorities: (row.authorities ?? []).map((ca) => ({
      caId: ca.ca_id,
      agencyId,
      keyType: ca.key_type,
      publicKey: toBytes(ca.public_key),
      fingerprint: ca.fingerprint,
      label: ca.label,
      revokedAt: null,
      createdAt: new Date(ca.created_at),
    })),
    revokedCertificates: (row.revoked ?? []).map(({ keyId, serial, created_at }) => ({
      keyId,
      serial,
      createdAt: new Date(created_at),
    })),
    password:
      row.hash === null || row.set_at === null
        ? null
        : {
            hash: row.hash,
            setAt: row.set_at,
            failures: row.failures,
            lockedUntil: row.locked_until,
          },
  }
}

/** What a listener judges a login by; undefined when account or agency is unknown or switched off. */
export async function findLogin(db: Queryable, name: string): Promise<Login | undefined> {
  if (!isName(name)) return undefined
  const { rows } = await db
    .raw<{ rows: LoginRow[] }>(`${select} and a.account = ?`, [name])
    // Prepared once per connection: to plan it takes several times as long as to run it.
    .options({ name: 'find-login' })
  const [row] = rows
  return row === undefined ? undefined : toLogin(row)
}

/** All logins that may open a session. */
export async function listLogins(db: Queryable): Promise<Login[]> {
  const { rows } = await db.raw<{ rows: LoginRow[] }>(select)
  return rows.map(toLogin)
}

/** Is there any agency whose accounts may sign in with passwords? */
export async function hasPasswordLogins(db: Queryable): Promise<boolean> {
  const { rows } = await db.raw<{ rows: { any: boolean }[] }>(
    `select exists (select from agencies where password_login and status = 'active') as any`,
  )
  return rows[0]?.any === true
}
