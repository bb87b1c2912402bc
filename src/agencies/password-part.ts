import { recordAudit } from '../audit/index.ts'
import { inTransaction } from '../db/index.ts'
import type { Db } from '../db/index.ts'
import { getAccount, lockAccount } from './account-store.ts'
import { assertPassword, hashPassword } from './password-hash.ts'
import {
  clearLock,
  countFailure,
  deletePassword,
  getPasswordState,
  savePassword,
} from './password-store.ts'
import type { Agencies } from './types.ts'

type PasswordPart = Pick<
  Agencies,
  | 'setPassword'
  | 'removePassword'
  | 'unlockAccount'
  | 'getPasswordState'
  | 'notePasswordFailure'
  | 'clearPasswordFailures'
>

/** The part of `Agencies` that is about passwords and their lock-out. */
export function createPasswordPart({ db }: { db: Db }): PasswordPart {
  return {
    async setPassword(name, password, actor) {
      const { account: known } = await getAccount(db, name)
      // Outside of the transaction: hashing takes long.
      const hash = await hashPassword(assertPassword(password, known))
      return inTransaction(db, async (trx) => {
        const account = await lockAccount(trx, name)
        await savePassword(trx, account, hash)
        await recordAudit(trx, {
          agencyId: account.agencyId,
          actor,
          action: 'account.password',
          subject: name,
          detail: { is: 'set' },
        })
        return getPasswordState(trx, account)
      })
    },
    removePassword(name, actor) {
      return inTransaction(db, async (trx) => {
        const account = await lockAccount(trx, name)
        if (await deletePassword(trx, account))
          await recordAudit(trx, {
            agencyId: account.agencyId,
            actor,
            action: 'account.password',
            subject: name,
            detail: { is: 'removed' },
          })
        return getPasswordState(trx, account)
      })
    },
    unlockAccount(name, actor) {
      return inTransaction(db, async (trx) => {
        const account = await lockAccount(trx, name)
        const { lockedUntil } = await getPasswordState(trx, account)
        if (await clearLock(trx, account))
          await recordAudit(trx, {
            agencyId: account.agencyId,
            actor,
            action: 'account.unlock',
            subject: name,
            detail: { wasLocked: lockedUntil !== null },
          })
        return getPasswordState(trx, account)
      })
    },
    async getPasswordState(name) {
      return getPasswordState(db, await getAccount(db, name))
    },
    notePasswordFailure({ agencyId, accountId, account }) {
      return inTransaction(db, async (trx) => {
        const minutes = await countFailure(trx, { agencyId, accountId })
        if (minutes === undefined) return false
        await recordAudit(trx, {
          agencyId,
          actor: 'sftp',
          action: 'account.lock',
          subject: account,
          detail: { minutes },
        })
        return true
      })
    },
    async clearPasswordFailures(account) {
      await clearLock(db, account)
    },
  }
}
