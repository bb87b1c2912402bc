import type { Agency } from '../agencies/index.ts'
import type { Trx } from '../db/index.ts'
import type { Claim, UploadReport } from '../inbox/index.ts'
import type { TemplateChange } from './diff-templates.ts'
import type { Suggestion } from './suggest.ts'

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
export interface TemplateTest<Messages = unknown> {
  readonly verdict: 'imported' | 'imported-with-rejects' | 'held' | 'refused'
  readonly tiers: readonly TestTier[]
  /** With the records that it would have made, counted against those that are there; zero for a file that would not be imported. */
  readonly report: UploadReport
  /** The first good rows, normalised, for people to look at. */
  readonly sample: readonly Readonly<Record<string, unknown>>[]
  /** What `plan` told; null for a file that would not be imported. */
  readonly messages: Messages | null
}

/** What two versions of a template differ in. */
export interface TemplateDiff {
  readonly template: string
  readonly from: number
  /** Null for a file that is not saved. */
  readonly to: number | null
  /** Empty when both mean the same. */
  readonly changes: readonly TemplateChange[]
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
  /**
   * What a version says otherwise than an earlier one, in words. `to` is a version, or the text of a template file that need not
   * be saved; without it the newest. Without `from` the version before it; before a text the newest.
   *
   * @throws NotFoundError TEMPLATE_NOT_FOUND; UsageError TEMPLATE_INVALID
   */
  diff(
    agencyId: number,
    template: string,
    from?: number,
    to?: number | { readonly yaml: string },
  ): Promise<TemplateDiff>
  /** A template guessed from a sample file, and what it could not be sure of. @throws FileError HEADER_NOT_FOUND when nothing is recognised */
  suggest(agencyId: number, path: string, fileName: string): Promise<Suggestion>
  /**
   * Imports a file with a template in a transaction that is rolled back; `plan` runs in it, after the merge. Imports of the
   * agency wait meanwhile.
   */
  test<Messages>(
    agencyId: number,
    template: string,
    path: string,
    fileName: string,
    plan?: (trx: Trx, agency: Agency, uploadId: string) => Promise<Messages>,
  ): Promise<TemplateTest<Messages>>
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
