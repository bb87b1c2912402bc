import type { Db } from '../db/index.ts'
import { createAccountPart } from './account-part.ts'
import { createAgencyPart } from './agency-part.ts'
import { createCaPart } from './ca-part.ts'
import { createFeedPart } from './feed-part.ts'
import { createKeyPart } from './key-part.ts'
import { findLogin, hasPasswordLogins, listLogins } from './login-store.ts'
import { createPasswordPart } from './password-part.ts'
import type { Agencies } from './types.ts'

/** The store of agencies, their accounts, keys and feeds. Holds no state of its own. */
export function createAgencies({ db }: { db: Db }): Agencies {
  return {
    ...createAgencyPart({ db }),
    ...createAccountPart({ db }),
    ...createKeyPart({ db }),
    ...createCaPart({ db }),
    ...createPasswordPart({ db }),
    ...createFeedPart({ db }),
    findLogin: (account) => findLogin(db, account),
    listLogins: () => listLogins(db),
    hasPasswordLogins: () => hasPasswordLogins(db),
  }
}
