import { open } from 'node:fs/promises'
import { findBytes } from './find-bytes.ts'
import type { InboxContext } from './inbox-context.ts'
import { parseManifest } from './parse-manifest.ts'
import type { ManifestClaim } from './parse-manifest.ts'
import type { UploadRow } from './upload-row.ts'

/** A manifest is a line or a small object; what is longer is none. */
const longest = 65_536

/** Titles, header and trailers are records for the count at the end of a file, but no rows for a manifest. */
const uncounted = 6

async function readText(context: InboxContext, row: UploadRow): Promise<string | undefined> {
  const path = await findBytes(context, row)
  if (path === undefined || row.bytes > longest) return undefined
  const file = await open(path, 'r')
  try {
    const { buffer, bytesRead } = await file.read(Buffer.alloc(longest), 0, longest, 0)
    const bytes = buffer.subarray(0, bytesRead)
    return bytes.includes(0) ? new TextDecoder('utf-16le').decode(bytes) : bytes.toString('utf8')
  } finally {
    await file.close()
  }
}

/** The figures that differ, each a short sentence. Rows are compared only where the end of the file told a count. */
export function compareManifest(
  claim: ManifestClaim,
  row: Pick<UploadRow, 'bytes' | 'sha256' | 'evidence'>,
): string[] {
  const found: string[] = []
  if (claim.bytes !== undefined && claim.bytes !== row.bytes)
    found.push(`It says ${claim.bytes} bytes; ${row.bytes} came.`)
  if (claim.sha256 !== undefined && claim.sha256 !== row.sha256)
    found.push(`It says SHA-256 ${claim.sha256}; what came has ${row.sha256 ?? 'none'}.`)
  const records = row.evidence?.records ?? 0
  if (claim.rows !== undefined && (row.evidence?.kind === 'csv' || row.evidence?.kind === 'txt')) {
    const isPossible = records >= claim.rows && records <= claim.rows + uncounted
    if (!isPossible) found.push(`It says ${claim.rows} rows; ${records} lines of the table came.`)
  }
  return found
}

/** Why a file is not what its manifest says, in plain words; undefined when it is. */
export async function judgeManifest(
  context: InboxContext,
  row: UploadRow,
  manifest: UploadRow,
): Promise<string | undefined> {
  const text = await readText(context, manifest)
  const claim = text === undefined ? undefined : parseManifest(text, row.file_name)
  const found =
    claim === undefined
      ? [
          'It tells neither the bytes nor the SHA-256 nor the rows of this file in a way that is known.',
        ]
      : compareManifest(claim, row)
  if (found.length === 0) return undefined
  return [
    `The manifest ${manifest.file_name} does not fit this file, so it was not read.`,
    ...found,
    'Send the whole file again, or a right manifest; then it goes on by itself.',
  ].join(' ')
}
