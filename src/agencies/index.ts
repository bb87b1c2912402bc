/**
 * agencies — courts and offices, their SFTP accounts and keys, and their feeds.
 *
 * In:  what administrators decide. Out: `createAgencies` → `Agencies`; `chooseFeed`; `parsePublicKey`.
 * Promise: names are unique and safe as folder names; every change is audited; keys are compared by their bytes.
 */
export { createAgencies } from './agencies.ts'
export { chooseFeed } from './choose-feed.ts'
export { matchesGlob } from './matches-glob.ts'
export { parsePublicKey } from './public-key.ts'
export type { ParsedKey } from './public-key.ts'
export type {
  Account,
  AccountKey,
  Agencies,
  Agency,
  AgencyChanges,
  Feed,
  Login,
  NewAgency,
  NewKey,
} from './types.ts'
