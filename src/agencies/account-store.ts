import { isUniqueViolation } from '../db/index.ts'
import type { Queryable, Trx } from '../db/index.ts'
import { ConflictError, NotFoundError } from '../errors/index.ts'
import { isName } from './names.ts'
import { toQuota } from './quota.ts'
import type { QuotaColumns } from './quota.ts'
import type { Account } from './types.ts'

export interface AccountRow extends QuotaColumns {
  agency_id: number
  account_id: number
  account: string
  alias: string | null
  push_only: boolean
  status: Account['status']
  created_at: Date
}

/** A row as the rest of the house knows it. */
export function toAccount(row: AccountRow): Account {
  const quota = toQuota(row)
  return {
    agencyId: row.agency_id,
    accountId: row.account_id,
    account: row.account,
    alias: row.alias,
    isPushOnly: row.push_only,
    ...(quota !== undefined && { quota }),
    status: row.status,
    createdAt: row.created_at,
  }
}

/** @throws ConflictError ACCOUNT_EXISTS, also when the name is taken in another agency */
export async function insertAccount(
  trx: Trx,
  row: Pick<AccountRow, 'agency_id' | 'account' | 'alias' | 'push_only'>,
): Promise<Account> {
  try {
    const [made] = await trx<AccountRow>('accounts').insert(row).returning('*')
    return toAccount(made as AccountRow)
  } catch (error) {
    if (!isUniqueViolation(error, 'accounts_account_key')) throw error
    throw new ConflictError(
      'ACCOUNT_EXISTS',
      `There is an account ${row.account} already, in this or another agency.`,
      {
        hint: 'Choose another name: an account name is the SFTP login, so it is unique everywhere.',
        cause: error,
      },
    )
  }
}

/** The account, if there is one of this name. */
export async function findAccount(db: Queryable, account: string): Promise<Account | undefined> {
  if (!isName(account)) return undefined
  const row = await db<AccountRow>('accounts').where({ account }).first()
  return row === undefined ? undefined : toAccount(row)
}

function notFound(account: string): NotFoundError {
  return new NotFoundError(
    'ACCOUNT_NOT_FOUND',
    `There is no account ${JSON.stringify(account.slice(0, 80))}.`,
    { hint: 'See the names with: docketdrop account list' },
  )
}

/** @throws NotFoundError ACCOUNT_NOT_FOUND */
export async function getAccount(db: Queryable, account: string): Promise<Account> {
  const found = await findAccount(db, account)
  if (found === undefined) throw notFound(account)
  return found
}

/** Like `getAccount`, and no other transaction changes the account or its keys until this one ends. */
export async function lockAccount(trx: Trx, account: string): Promise<Account> {
  if (!isName(account)) throw notFound(account)
  const row = await trx<AccountRow>('accounts').where({ account }).forUpdate().first()
  if (row === undefined) throw notFound(account)
  return toAccount(row)
}

/** By name; of one agency, or all. */
export async function listAccounts(db: Queryable, agencyId?: number): Promise<Account[]> {
  const query = db<AccountRow>('accounts').orderByRaw('account collate "C"')
  if (agencyId !== undefined) void query.where({ agency_id: agencyId })
  return (await query).map(toAccount)
}

/** Changes the given settings of an account that exists. */
export async function updateAccount(
  trx: Trx,
  { agencyId, accountId }: Account,
  changes: Partial<Pick<AccountRow, 'alias' | 'push_only' | 'status'> & QuotaColumns>,
): Promise<Account> {
  const [row] = await trx<AccountRow>('accounts')
    .where({ agency_id: agencyId, account_id: accountId })
    .update(changes)
    .returning('*')
  return toAccount(row as AccountRow)
}
