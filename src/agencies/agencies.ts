import type { Db } from '../db/index.ts'
import { createAccountPart } from './account-part.ts'
import { createAgencyPart } from './agency-part.ts'
import { createFeedPart } from './feed-part.ts'
import { createKeyPart } from './key-part.ts'
import { findLogin } from './login-store.ts'
import type { Agencies } from './types.ts'

/** The store of agencies, their accounts, keys and feeds. Holds no state of its own. */
export function createAgencies({ db }: { db: Db }): Agencies {
  return {
    ...createAgencyPart({ db }),
    ...createAccountPart({ db }),
    ...createKeyPart({ db }),
    ...createFeedPart({ db }),
    findLogin: (account) => findLogin(db, account),
  }
}
