import { recordAudit } from '../audit/index.ts'
import { inTransaction } from '../db/index.ts'
import type { Db } from '../db/index.ts'
import {
  getAccount,
  insertAccount,
  listAccounts,
  lockAccount,
  updateAccount,
} from './account-store.ts'
import type { AccountRow } from './account-store.ts'
import { getAgency } from './agency-store.ts'
import { assertAlias } from './alias.ts'
import { assertName } from './names.ts'
import { toQuotaColumns } from './quota.ts'
import type { QuotaColumns } from './quota.ts'
import type { Agencies } from './types.ts'

type AccountPart = Pick<
  Agencies,
  'createAccount' | 'getAccount' | 'listAccounts' | 'updateAccount' | 'disableAccount'
>

/** The part of `Agencies` that is about SFTP accounts. */
export function createAccountPart({ db }: { db: Db }): AccountPart {
  function change(
    name: string,
    columns: Partial<Pick<AccountRow, 'alias' | 'push_only' | 'status'> & QuotaColumns>,
    actor: string,
  ) {
    return inTransaction(db, async (trx) => {
      const before = await lockAccount(trx, name)
      if (Object.keys(columns).length === 0) return before
      const after = await updateAccount(trx, before, columns)
      const { agencyId, alias, isPushOnly, status, quota } = after
      const isSame =
        alias === before.alias &&
        isPushOnly === before.isPushOnly &&
        status === before.status &&
        JSON.stringify(quota) === JSON.stringify(before.quota)
      if (!isSame)
        await recordAudit(trx, {
          agencyId,
          actor,
          action: columns.status === undefined ? 'account.set' : 'account.disable',
          subject: name,
          detail: { alias, isPushOnly, status, ...(quota !== undefined && { quota }) },
        })
      return after
    })
  }

  return {
    async createAccount(agencyName, name, { alias, isPushOnly }, actor) {
      const account = assertName('account', name)
      const folder = alias === undefined ? null : assertAlias(alias)
      return inTransaction(db, async (trx) => {
        const { agencyId } = await getAgency(trx, agencyName)
        const made = await insertAccount(trx, {
          agency_id: agencyId,
          account,
          alias: folder,
          push_only: isPushOnly ?? false,
        })
        const detail = { alias: made.alias, isPushOnly: made.isPushOnly }
        await recordAudit(trx, { agencyId, actor, action: 'account.add', subject: account, detail })
        return made
      })
    },
    getAccount: (account) => getAccount(db, account),
    async listAccounts(agency) {
      if (agency === undefined) return listAccounts(db)
      return listAccounts(db, (await getAgency(db, agency)).agencyId)
    },
    async updateAccount(account, { alias, isPushOnly, quota }, actor) {
      const folder = alias === undefined || alias === null ? alias : assertAlias(alias)
      return change(
        account,
        {
          ...(folder !== undefined && { alias: folder }),
          ...(isPushOnly !== undefined && { push_only: isPushOnly }),
          ...toQuotaColumns(quota),
        },
        actor,
      )
    },
    disableAccount: (account, actor) => change(account, { status: 'disabled' }, actor),
  }
}
