/** What a file may come packed in. */
export type Layer = 'pgp' | 'gzip' | 'zip'

/** Keys to open a file with; all armored, private ones not locked. */
export interface PgpKeyring {
  readonly privateKeys: readonly string[]
  /** Public keys of senders; where there is one, a good signature by one of them is asked for. */
  readonly senderKeys: readonly string[]
}

export interface ContainerOptions {
  /** Where opened content is kept as long as it is read; made when needed, 0700. */
  readonly folder: string
  /** Asked only for OpenPGP files. */
  readonly keys: () => Promise<PgpKeyring>
  /** The most bytes that a file may unpack to; `limits.containerBytes` unless given. */
  readonly mostBytes?: number
}

/** A file as readers need it: plain bytes on disk, taken out of what they came in. */
export interface OpenedFile {
  /** Where the content stands; the path that was given when nothing had to be opened. */
  readonly path: string
  /** The name of the content: what is inside of `night.csv.gz` is `night.csv`, of a zip archive the name in it. */
  readonly name: string
  /** What was opened, outermost first; empty where the file is no container. */
  readonly layers: readonly Layer[]
  /** SHA-256 of the bytes that were sent and of the content; null where nothing had to be opened. */
  readonly hashes: { readonly sent: string; readonly content: string } | null
  /** Removes the opened content. Idempotent. */
  close(): Promise<void>
}

/** Opens what was sent; `openContainer` with its options decided. */
export type OpenSent = (path: string, fileName: string) => Promise<OpenedFile>
