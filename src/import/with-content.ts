import type { FileOpener } from '../agencies/index.ts'
import { FileError } from '../errors/index.ts'
import type { Layer } from '../formats/index.ts'
import type { Claim } from '../inbox/index.ts'

/** What is read of a claimed file: the bytes as sent, or what was inside of gzip, zip or OpenPGP. */
export interface Content {
  readonly path: string
  /** What reading has to come to; null when it was not recorded. */
  readonly sha256: string | null
  /** What was opened, outermost first. */
  readonly layers: readonly Layer[]
}

/**
 * Lets `work` read the content of a claimed file and removes it afterwards; without an opener the file is read as it is.
 *
 * @throws {FileError} for a container that cannot be opened; FILE_CHANGED when the bytes are not those received
 */
export async function withContent<Result>(
  { upload: { agencyId, fileName, sha256 }, path }: Claim,
  opener: Pick<FileOpener, 'open'> | undefined,
  work: (content: Content) => Promise<Result>,
): Promise<Result> {
  if (opener === undefined) return work({ path, sha256, layers: [] })
  const opened = await opener.open(agencyId, path, fileName)
  try {
    const { hashes, layers } = opened
    if (hashes === null) return await work({ path, sha256, layers })
    if (sha256 !== null && hashes.sent !== sha256) {
      throw new FileError('FILE_CHANGED', 'The bytes of the packed file are not those received.', {
        hint: 'The upload is tried again.',
      })
    }
    return await work({ path: opened.path, sha256: hashes.content, layers })
  } finally {
    await opened.close()
  }
}
