/** A court, prosecutor or office: an isolated tenant. */
export interface Agency {
  readonly agencyId: number
  /** The short name, `^[a-z0-9][a-z0-9-]{1,62}$`; also the name of its folder. */
  readonly agency: string
  /** The name that people read, in texts too. */
  readonly name: string
  readonly kind: 'staging' | 'production'
  readonly productionAgencyId: number | null
  /** IANA name. */
  readonly timeZone: string
  /** Region of phone numbers without a country code, ISO 3166-1. */
  readonly region: string
  /** BCP 47; used where a client has no known language. */
  readonly defaultLanguage: string
  readonly delivery: 'simulate' | 'allow-list' | 'live'
  /** `off`, `all` or `first:<n>`. */
  readonly review: string
  readonly allowAddresses: readonly string[]
  readonly businessHours: string | null
  readonly helpPhone: string | null
  /** May its accounts sign in with passwords, where one is set? */
  readonly passwordLogin: boolean
  /** Extensions of file names that it takes, lower case, without the dot; absent where it takes any. */
  readonly extensions?: readonly string[]
  /** True where a file that was never closed counts as received when its channel ended cleanly and its content is whole. */
  readonly acceptsUnclosed?: boolean
  /** Whether the outbox gets a file of message results each day, and at which local time, `HH:MM`. */
  readonly results: 'none' | 'daily'
  readonly resultsAt: string
  readonly status: 'active' | 'disabled'
  readonly createdAt: Date
}

/** What an account may send and keep; null is no limit. Each account has its own, also within one agency. */
export interface Quota {
  /** Largest file, in bytes. */
  readonly maxFileBytes: number | null
  /** Bytes of all files that came in the last 24 hours. */
  readonly maxDayBytes: number | null
  /** Files that came in the last 24 hours. */
  readonly maxDayFiles: number | null
  /** Entries standing in the inbox: its own files, and the folders, which belong to no account. */
  readonly maxEntries: number | null
  /** Bytes per second up and down, over all sessions of the account together. */
  readonly maxBytesPerSecond: number | null
}

/** An SFTP login of one agency. */
export interface Account {
  readonly agencyId: number
  readonly accountId: number
  /** Unique across agencies. */
  readonly account: string
  /** An old absolute folder, such as `/home/ubuntu`, that leads to the inbox. */
  readonly alias: string | null
  readonly isPushOnly: boolean
  /** Absent where the account has no limit. */
  readonly quota?: Quota
  readonly status: 'active' | 'disabled'
  readonly createdAt: Date
}

/** A public key that opens an account. */
export interface AccountKey {
  readonly keyId: string
  readonly agencyId: number
  readonly accountId: number
  readonly account: string
  /** `ssh-ed25519`, `ecdsa-sha2-nistp256`, `ssh-rsa` … */
  readonly keyType: string
  /** The key in SSH wire format (RFC 4253 §6.6). */
  readonly publicKey: Buffer
  /** `SHA256:…` as ssh-keygen prints it. */
  readonly fingerprint: string
  readonly label: string
  /** CIDR networks it may be used from; empty means everywhere. */
  readonly fromNetworks: readonly string[]
  readonly expiresAt: Date | null
  readonly revokedAt: Date | null
  readonly lastUsedAt: Date | null
  readonly createdAt: Date
}

/** A key that an agency's user certificates are signed with (OpenSSH, PROTOCOL.certkeys). */
export interface CertificateAuthority {
  readonly caId: string
  readonly agencyId: number
  readonly keyType: string
  /** SSH wire format. */
  readonly publicKey: Buffer
  /** `SHA256:…` as ssh-keygen prints it. */
  readonly fingerprint: string
  readonly label: string
  readonly revokedAt: Date | null
  readonly createdAt: Date
}

/** Certificates that open nothing any more: those of the key id, and those of the serial number where there is one. */
export interface RevokedCertificate {
  readonly keyId: string
  /** Decimal digits of a uint64. */
  readonly serial: string | null
  readonly createdAt: Date
}

/** What stands about the password of an account, never the password. */
export interface PasswordState {
  /** Null: there is none. */
  readonly setAt: Date | null
  /** Wrong ones within the last 15 minutes; 0 during a lock. */
  readonly failures: number
  /** Null while the account is not locked. Keys and certificates are never locked. */
  readonly lockedUntil: Date | null
}

/** A key that ends soon. */
export interface ExpiringKey extends AccountKey {
  /** Name of the agency. */
  readonly agency: string
  /** Another key of the account lives longer, so that the end looks planned. */
  readonly isReplaced: boolean
}

/** Which files of an agency are read with which template. */
export interface Feed {
  readonly agencyId: number
  readonly feed: string
  readonly template: string
  /** Case-insensitive glob (`*`, `?`) on the final name; `{yyyyMMdd}` and its like declare a date in it. */
  readonly match: string
  readonly exclude: string | null
  /** Whether files that wait are taken in the order of their names, or of their coming. */
  readonly sortBy: 'name' | 'time'
  /** `HH:MM` in the agency's zone by which a file is expected. */
  readonly expectBy: string | null
  /** `mon` to `sun`; empty means every day. */
  readonly expectDays: readonly string[]
  /** Name of the file that says that another one is whole, such as `{name}.done` or `{stem}.ok`; its files wait for it. */
  readonly trigger?: string | null
  /** Name of the file that tells size, hash or rows of another one, such as `{name}.sha256`; its files wait for it. */
  readonly manifest?: string | null
}

/** Everything a listener needs to judge a login. */
export interface Login {
  readonly agency: Agency
  readonly account: Account
  /** Not revoked, not expired. */
  readonly keys: readonly AccountKey[]
  /** The agency's, not revoked. */
  readonly authorities: readonly CertificateAuthority[]
  readonly revokedCertificates: readonly RevokedCertificate[]
  /** Null without a password; it counts only where the agency has them on. */
  readonly password: (PasswordState & { readonly hash: string; readonly setAt: Date }) | null
}

export interface NewAgency {
  readonly agency: string
  readonly name: string
  readonly timeZone: string
  readonly kind?: 'staging' | 'production' | undefined
  /** Name of the production agency that a staging agency is promoted to. */
  readonly production?: string | undefined
}

export interface AgencyChanges {
  readonly name?: string | undefined
  readonly timeZone?: string | undefined
  readonly defaultLanguage?: string | undefined
  readonly delivery?: 'simulate' | 'allow-list' | 'live' | undefined
  readonly review?: string | undefined
  readonly businessHours?: string | undefined
  readonly helpPhone?: string | undefined
  readonly passwordLogin?: boolean | undefined
  readonly allowAddresses?: readonly string[] | undefined
  /** Extensions of file names that are taken; an empty list takes any. */
  readonly extensions?: readonly string[] | undefined
  readonly acceptsUnclosed?: boolean | undefined
  readonly results?: 'none' | 'daily' | undefined
  /** `HH:MM`, local. */
  readonly resultsAt?: string | undefined
}

export interface NewKey {
  /** One line of OpenSSH, or PEM, or RFC 4716. */
  readonly publicKey: string
  readonly label?: string | undefined
  readonly fromNetworks?: readonly string[] | undefined
  readonly expiresAt?: Date | undefined
}

/**
 * The store of agencies, accounts, keys and feeds. Every change is audited with its `actor`.
 * `get…` throws `NotFoundError`, `find…` may give undefined, lists are sorted by name.
 */
export interface Agencies {
  /** Makes the agency and one account with the agency's own name. @throws ConflictError AGENCY_EXISTS, ACCOUNT_EXISTS; UsageError for a bad name or zone */
  create(input: NewAgency, actor: string): Promise<Agency>
  get(agency: string): Promise<Agency>
  getById(agencyId: number): Promise<Agency>
  list(): Promise<Agency[]>
  update(agency: string, changes: AgencyChanges, actor: string): Promise<Agency>
  disable(agency: string, actor: string): Promise<Agency>

  createAccount(
    agency: string,
    account: string,
    options: { alias?: string | undefined; isPushOnly?: boolean | undefined },
    actor: string,
  ): Promise<Account>
  getAccount(account: string): Promise<Account>
  listAccounts(agency?: string): Promise<Account[]>
  updateAccount(
    account: string,
    changes: {
      alias?: string | null | undefined
      isPushOnly?: boolean | undefined
      /** Limits to change; null takes one away. */
      quota?: Partial<Quota> | undefined
    },
    actor: string,
  ): Promise<Account>
  disableAccount(account: string, actor: string): Promise<Account>

  /**
   * Adds a key; an equal key in force is given back with `isNew` false, after taking over the label, networks and expiry
   * that were given. @throws UsageError KEY_INVALID, KEY_WEAK
   */
  addKey(account: string, key: NewKey, actor: string): Promise<{ key: AccountKey; isNew: boolean }>
  /** All, revoked and expired ones too, oldest first. */
  listKeys(account: string): Promise<AccountKey[]>
  revokeKey(account: string, keyIdOrFingerprint: string, actor: string): Promise<AccountKey>
  /** Adds the new key and lets every other active key of the account expire after the overlap. */
  rotateKey(
    account: string,
    key: NewKey,
    overlapDays: number,
    actor: string,
  ): Promise<{ key: AccountKey; expiring: AccountKey[] }>

  /** Keys in force, of accounts in use, that end within so many days, soonest first. */
  listExpiringKeys(days: number): Promise<ExpiringKey[]>

  /** Trusts user certificates signed with this key, for the agency's accounts; an equal one is given back with `isNew` false. @throws UsageError KEY_INVALID, KEY_WEAK */
  addCa(
    agency: string,
    ca: { publicKey: string; label?: string | undefined },
    actor: string,
  ): Promise<{ ca: CertificateAuthority; isNew: boolean }>
  /** All, revoked ones too, oldest first. */
  listCas(agency: string): Promise<CertificateAuthority[]>
  revokeCa(agency: string, caIdOrFingerprint: string, actor: string): Promise<CertificateAuthority>
  /** By serial number, or by key id (the text of `ssh-keygen -I`); it need not be known. Idempotent. */
  revokeCertificate(
    agency: string,
    serialOrKeyId: string,
    actor: string,
  ): Promise<{ certificate: RevokedCertificate; isNew: boolean }>
  listRevokedCertificates(agency: string): Promise<RevokedCertificate[]>

  /** Sets or replaces the password and ends a lock. It opens nothing while the agency has passwords off. @throws UsageError PASSWORD_WEAK */
  setPassword(account: string, password: string, actor: string): Promise<PasswordState>
  removePassword(account: string, actor: string): Promise<PasswordState>
  /** Forgets wrong passwords and ends a lock. */
  unlockAccount(account: string, actor: string): Promise<PasswordState>
  getPasswordState(account: string): Promise<PasswordState>
  /** For listeners: counts a wrong password. True when the account is locked from now on. */
  notePasswordFailure(account: Account): Promise<boolean>
  /** For listeners, after a good one. */
  clearPasswordFailures(account: Account): Promise<void>
  /** Does any agency have passwords on? */
  hasPasswordLogins(): Promise<boolean>

  /** For listeners: all logins that are neither unknown nor disabled. */
  listLogins(): Promise<Login[]>
  /** For listeners; undefined for an unknown or disabled account or agency. */
  findLogin(account: string): Promise<Login | undefined>
  markKeyUsed(agencyId: number, keyId: string): Promise<void>

  saveFeed(agency: string, feed: Omit<Feed, 'agencyId'>, actor: string): Promise<Feed>
  /** In the order in which they are tried. */
  listFeeds(agencyId: number): Promise<Feed[]>
  removeFeed(agency: string, feed: string, actor: string): Promise<void>
}
