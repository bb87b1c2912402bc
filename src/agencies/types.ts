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
  readonly status: 'active' | 'disabled'
  readonly createdAt: Date
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

/** Which files of an agency are read with which template. */
export interface Feed {
  readonly agencyId: number
  readonly feed: string
  readonly template: string
  /** Case-insensitive glob (`*`, `?`) on the final name. */
  readonly match: string
  readonly exclude: string | null
  readonly sortBy: 'name' | 'time'
  /** `HH:MM` in the agency's zone by which a file is expected. */
  readonly expectBy: string | null
  readonly expectDays: readonly string[]
}

/** Everything a listener needs to judge a login. */
export interface Login {
  readonly agency: Agency
  readonly account: Account
  /** Not revoked, not expired. */
  readonly keys: readonly AccountKey[]
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
  readonly allowAddresses?: readonly string[] | undefined
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
    changes: { alias?: string | null | undefined; isPushOnly?: boolean | undefined },
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

  /** For listeners; undefined for an unknown or disabled account or agency. */
  findLogin(account: string): Promise<Login | undefined>
  markKeyUsed(agencyId: number, keyId: string): Promise<void>

  saveFeed(agency: string, feed: Omit<Feed, 'agencyId'>, actor: string): Promise<Feed>
  /** In the order in which they are tried. */
  listFeeds(agencyId: number): Promise<Feed[]>
  removeFeed(agency: string, feed: string, actor: string): Promise<void>
}
