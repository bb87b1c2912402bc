import type { Queryable, Trx } from '../db/index.ts'
import type { Account, PasswordState } from './types.ts'

const ofAccount = ({ agencyId, accountId }: Pick<Account, 'agencyId' | 'accountId'>) => ({
  agency_id: agencyId,
  account_id: accountId,
})

/** What stands about the password of an account; times by the database's clock. */
export async function getPasswordState(db: Queryable, account: Account): Promise<PasswordState> {
  const { rows } = await db.raw<{ rows: PasswordState[] }>(
    `select p.set_at                                                     as "setAt",
            (select count(*)::int
               from unnest(l.failed_at) as f (at)
              where f.at > now() - interval '15 minutes')                as "failures",
            case when l.locked_until > now() then l.locked_until end     as "lockedUntil"
       from accounts a
       left join account_passwords p using (agency_id, account_id)
       left join account_locks     l using (agency_id, account_id)
      where a.agency_id = ? and a.account_id = ?`,
    [account.agencyId, account.accountId],
  )
  return rows[0] ?? { setAt: null, failures: 0, lockedUntil: null }
}

/** Sets or replaces the password; a lock and the count of failures end with the old one. */
export async function savePassword(trx: Trx, account: Account, hash: string): Promise<void> {
  await trx('account_passwords')
    .insert({ ...ofAccount(account), hash })
    .onConflict(['agency_id', 'account_id'])
    .merge({ hash, set_at: trx.fn.now() })
  await clearLock(trx, account)
}

/** False when there was none. */
export async function deletePassword(trx: Trx, account: Account): Promise<boolean> {
  return (await trx('account_passwords').where(ofAccount(account)).delete()) > 0
}

/** Forgets failures and lock. False when there was nothing to forget. */
export async function clearLock(
  db: Queryable,
  account: Pick<Account, 'agencyId' | 'accountId'>,
): Promise<boolean> {
  return (await db('account_locks').where(ofAccount(account)).delete()) > 0
}

interface LockRow {
  failures: number
  locks: number
  isLocked: boolean
}

/** Failures within 15 minutes that lock an account. */
const mostFailures = 5
const firstLockMinutes = 15
const longestLockMinutes = 24 * 60

/**
 * Counts one wrong password. The fifth within 15 minutes locks the account for 15 minutes, twice as long each further time, 24 hours
 * at most; after a day without a lock it begins at 15 minutes again. Tries during a lock do not lengthen it.
 * Gives the minutes of a lock that begins with this try.
 */
export async function countFailure(
  trx: Trx,
  account: Pick<Account, 'agencyId' | 'accountId'>,
): Promise<number | undefined> {
  const mine = ofAccount(account)
  await trx('account_locks').insert(mine).onConflict(['agency_id', 'account_id']).ignore()
  const { rows } = await trx.raw<{ rows: LockRow[] }>(
    `select (select count(*)::int
               from unnest(failed_at) as f (at)
              where f.at > now() - interval '15 minutes')                               as "failures",
            case when locked_until > now() - interval '24 hours' then locks else 0 end  as "locks",
            coalesce(locked_until > now(), false)                                       as "isLocked"
       from account_locks
      where agency_id = ? and account_id = ?
        for update`,
    [mine.agency_id, mine.account_id],
  )
  const { failures, locks, isLocked } = rows[0] as LockRow
  if (isLocked) return undefined
  if (failures + 1 < mostFailures) {
    await trx.raw(
      `update account_locks
          set failed_at = array(select f.at
                                  from unnest(failed_at) as f (at)
                                 where f.at > now() - interval '15 minutes') || now(),
              locks     = ?
        where agency_id = ? and account_id = ?`,
      [locks, mine.agency_id, mine.account_id],
    )
    return undefined
  }
  const minutes = Math.min(firstLockMinutes * 2 ** Math.min(locks, 20), longestLockMinutes)
  await trx.raw(
    `update account_locks
        set failed_at    = '{}',
            locks        = ?,
            locked_until = now() + make_interval(mins => ?)
      where agency_id = ? and account_id = ?`,
    [locks + 1, minutes, mine.agency_id, mine.account_id],
  )
  return minutes
}
