/**
 * agencies — courts and offices, their SFTP accounts and keys, and their feeds.
 *
 * In:  what administrators decide. Out: `createAgencies` → `Agencies`; `chooseFeed`, `findNameDate`; `parsePublicKey`, `matchesPassword`.
 * Promise: names are unique and safe as folder names; every change is audited; keys are compared by their bytes.
 */
export { createAgencies } from './agencies.ts'
export { chooseFeed } from './choose-feed.ts'
export { findCompanionFeed, isSameName, toCompanionName } from './companion-name.ts'
export type { CompanionKind } from './companion-name.ts'
export { createFileOpener } from './file-opener.ts'
export type { FileOpener } from './file-opener.ts'
export { matchesGlob } from './matches-glob.ts'
export { compareNames, findNameDate } from './name-pattern.ts'
export { matchesPassword } from './password-hash.ts'
export { createPgpKeys } from './pgp-keys.ts'
export type { NewPgpKey, PgpKey, PgpKeys, PgpSecrets } from './pgp-types.ts'
export { parsePublicKey } from './public-key.ts'
export type { ParsedKey } from './public-key.ts'
export type {
  Account,
  AccountKey,
  Agencies,
  Agency,
  AgencyChanges,
  CertificateAuthority,
  ExpiringKey,
  Feed,
  Login,
  NewAgency,
  NewKey,
  PasswordState,
  Quota,
  RevokedCertificate,
} from './types.ts'
