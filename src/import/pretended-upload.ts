import type { Agency } from '../agencies/index.ts'
import type { Upload } from '../inbox/index.ts'

/** The id of the upload that a tried file pretends to be; no upload ever has it. */
export const pretendedId = '00000000-0000-0000-0000-000000000000'

/** The upload that a tried file pretends to be, for its report. */
export function createPretendedUpload({
  agency,
  fileName,
  bytes,
  sha256,
}: {
  readonly agency: Agency
  readonly fileName: string
  readonly bytes: number
  readonly sha256: string | null
}): Upload {
  return {
    agencyId: agency.agencyId,
    agency: agency.agency,
    uploadId: pretendedId,
    seq: 0,
    account: '',
    source: 'cli',
    fileName,
    inboxPath: null,
    bytes,
    sha256,
    state: 'received',
    reason: null,
    explanation: null,
    evidence: null,
    openedAt: new Date(0),
    receivedAt: null,
    finishedAt: null,
    archivedAt: null,
    archivePath: null,
    feed: '',
    forcedTemplate: null,
    isReleased: false,
    rejectsOf: null,
    template: null,
    templateVersion: null,
    report: null,
    attempts: 0,
  }
}
