import type { Trx } from '../db/index.ts'
import type { AccountUsage, RejectedRow, Upload, UploadState } from './types.ts'

/** Which uploads a list is asked for; all of them where nothing is given. */
export interface UploadFilter {
  readonly fileName?: string | undefined
  readonly states?: readonly UploadState[] | undefined
  readonly limit?: number | undefined
}

/** What operators see and decide. */
export interface Uploads {
  /** Newest first. */
  list(agencyId: number, filter?: UploadFilter): Promise<Upload[]>
  /** By full id, or by its last 8 (or 12) hex digits. @throws NotFoundError UPLOAD_NOT_FOUND */
  get(agencyId: number, uploadId: string): Promise<Upload>
  /**
   * Queues a held upload after all.
   * @throws ConflictError UPLOAD_STATE unless held; OUT_OF_ORDER, without `force`, when a newer file of its feed was imported
   */
  release(
    agencyId: number,
    uploadId: string,
    actor: string,
    options?: { readonly force?: boolean | undefined },
  ): Promise<Upload>
  /** Refuses an upload that is held or waits in the queue. @throws ConflictError UPLOAD_STATE in any other state */
  discard(agencyId: number, uploadId: string, actor: string): Promise<Upload>
  /**
   * Refused, duplicate or undone uploads are queued once more, as if they had just come: with the newest template; an earlier
   * release counts no more.
   * @throws ConflictError UPLOAD_STATE; OUT_OF_ORDER, without `force`, when a newer file of its feed was imported
   */
  retry(
    agencyId: number,
    uploadId: string,
    actor: string,
    options?: { readonly force?: boolean | undefined },
  ): Promise<Upload>
  /**
   * Marks an imported upload as undone, in one transaction with `takeBack`, which makes the records what they were and gives
   * figures for the audit trail; the receipt then says so. One that is undone already is given back as it is.
   * @throws ConflictError UPLOAD_STATE unless it was imported; whatever `takeBack` throws, and nothing is changed
   */
  undo(
    agencyId: number,
    uploadId: string,
    actor: string,
    takeBack: (trx: Trx, upload: Upload) => Promise<Readonly<Record<string, unknown>>>,
  ): Promise<Upload>
  listRejectedRows(agencyId: number, uploadId: string): Promise<RejectedRow[]>
  /** What an account has used of its quota; folders are not counted. */
  measureUsage(agencyId: number, account: string): Promise<AccountUsage>
  /** rejects.csv as it stands beside the receipt (made from the rows, so also before or without the archive). */
  streamRejects(upload: Upload): AsyncIterable<string>
  /** Absolute path of the original bytes, wherever they stand now. */
  locate(upload: Upload): Promise<string>
}
