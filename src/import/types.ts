import type { Claim, UploadReport } from '../inbox/index.ts'

/** A template as it is stored: one immutable version. */
export interface StoredTemplate {
  readonly agencyId: number
  readonly template: string
  readonly version: number
  /** The YAML as it came. */
  readonly source: string
  readonly createdAt: Date
}

/** One of the three tiers of `template test`: file, columns, rows. */
export interface TestTier {
  readonly tier: 'file' | 'columns' | 'rows'
  readonly ok: boolean
  readonly findings: readonly string[]
}

/**
 * Result of `template test`; nothing was saved. `verdict` is what an upload of this file would have ended as: `held` for a
 * person to release or discard. What only the history of a feed can tell (duplicates, its habit of line ends) is not judged.
 */
export interface TemplateTest {
  readonly verdict: 'imported' | 'imported-with-rejects' | 'held' | 'refused'
  readonly tiers: readonly TestTier[]
  readonly report: UploadReport
  /** The first good rows, normalised, for people to look at. */
  readonly sample: readonly Readonly<Record<string, unknown>>[]
}

/** The upload templates of all agencies; a version, once stored, never changes. */
export interface Templates {
  /**
   * `notes` are sentences about keys that were written and have no effect; empty when all have.
   *
   * @throws UsageError TEMPLATE_INVALID naming the mistake
   */
  importTemplate(
    agencyId: number,
    yaml: string,
    actor: string,
  ): Promise<{ template: string; version: number; changed: boolean; notes: string[] }>
  /** Newest version of each, by name. */
  list(agencyId: number): Promise<StoredTemplate[]>
  /** The newest version, or the one named. @throws NotFoundError TEMPLATE_NOT_FOUND */
  get(agencyId: number, template: string, version?: number): Promise<StoredTemplate>
  /** The template that an upload of this name is read with: the forced one, the first matching feed's, or the agency's only one. @throws FileError TEMPLATE_NONE, NotFoundError TEMPLATE_NOT_FOUND */
  choose(
    agencyId: number,
    fileName: string,
    forced?: string,
  ): Promise<StoredTemplate & { readonly feed: string }>
  /** YAML that imports to an equal template. */
  export(agencyId: number, template: string, version?: number): Promise<string>
  /** A template file guessed from a sample, with the doubtful columns as comments. */
  suggest(path: string, fileName: string): Promise<string>
  /** Reads a file with a template and saves nothing. */
  test(agencyId: number, template: string, path: string, fileName: string): Promise<TemplateTest>
}

/** Progress of a running import, for bars: bytes read of all bytes, rows so far. */
export interface ImportProgress {
  readonly uploadId: string
  readonly rows: number
}

/** The worker between the queue and the records. `start` and `stop` are idempotent. */
export interface Importer {
  /** Takes uploads from the queue until stopped; wakes at once when one is queued. */
  start(): Promise<void>
  /** Lets a running import finish within the grace, then gives it back. */
  stop(): Promise<void>
  /** Imports the next queued upload, if any; true if one was taken. For commands that run without a server. */
  runOnce(): Promise<boolean>
  /** Imports one claimed upload to its end, archive included. */
  importClaim(claim: Claim): Promise<void>
}
