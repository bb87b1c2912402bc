import type { Queryable } from '../db/index.ts'
import { findAccount } from './account-store.ts'
import { getAgencyById } from './agency-store.ts'
import { listKeysInForce } from './key-store.ts'
import type { Login } from './types.ts'

/** What a listener judges a login by; undefined when account or agency is unknown or switched off. */
export async function findLogin(db: Queryable, name: string): Promise<Login | undefined> {
  const account = await findAccount(db, name)
  if (account?.status !== 'active') return undefined
  const [agency, keys] = await Promise.all([
    getAgencyById(db, account.agencyId),
    listKeysInForce(db, account),
  ])
  return agency.status === 'active' ? { agency, account, keys } : undefined
}
