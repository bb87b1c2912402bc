/** An OpenPGP key of an agency. The private half never leaves the room but through `getKeyring`. */
export interface PgpKey {
  readonly keyId: string
  readonly agencyId: number
  /** `receive`: ours, opens what is encrypted for it. `sender`: of who sends; its signature is then asked for. */
  readonly role: 'receive' | 'sender'
  /** Lower-case hex. */
  readonly fingerprint: string
  /** Ids of the key and its subkeys, lower-case hex, as encrypted files name them. */
  readonly subkeyIds: readonly string[]
  readonly userId: string
  readonly label: string
  /** The public half, armored. */
  readonly publicKey: string
  /** What the key says of itself; files for it are opened nevertheless. */
  readonly expiresAt: Date | null
  readonly createdAt: Date
  readonly revokedAt: Date | null
}

export interface NewPgpKey {
  /** Armored; a private key becomes one of ours, a public one that of a sender. */
  readonly armored: string
  /** Opens a private key that is locked. */
  readonly passphrase?: string | undefined
  readonly label?: string | undefined
}

/** The OpenPGP keys of agencies. Every change is audited with its `actor`. */
export interface PgpKeys {
  /** Makes a key pair for an agency (RSA 3072, which also old programs know), without an end. */
  generate(
    agency: string,
    options: { readonly label?: string | undefined },
    actor: string,
  ): Promise<PgpKey>
  /** An equal key in force is given back with `isNew` false. @throws UsageError PGP_KEY_INVALID */
  import(agency: string, key: NewPgpKey, actor: string): Promise<{ key: PgpKey; isNew: boolean }>
  /** All, revoked ones too, oldest first. */
  list(agency: string): Promise<PgpKey[]>
  /** By id, fingerprint or the end of it; without, the newest of ours in force. @throws NotFoundError PGP_KEY_NOT_FOUND */
  get(agency: string, asked?: string): Promise<PgpKey>
  /** Opens nothing and vouches for nothing from now on; the sealed private half is kept, in case an old file has to be read. Idempotent. */
  revoke(agency: string, asked: string, actor: string): Promise<PgpKey>
  /** What is in force, with private halves, for opening files. @throws ConfigError SECRET_KEY_WRONG */
  getKeyring(agencyId: number): Promise<PgpSecrets>
}

/** Armored keys, private ones not locked. */
export interface PgpSecrets {
  readonly privateKeys: readonly string[]
  readonly senderKeys: readonly string[]
}
