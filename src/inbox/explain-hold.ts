import { open } from 'node:fs/promises'
import type { Evidence } from '../formats/index.ts'
import { shortId } from './archive-name.ts'
import { findBytes } from './find-bytes.ts'
import type { InboxContext } from './inbox-context.ts'
import type { UploadRow } from './upload-row.ts'

/** Why a file is held whose end does not look like one, with the figures and without any content. */
export function explainTruncation(
  row: Pick<UploadRow, 'bytes' | 'agency' | 'upload_id'>,
  evidence: Evidence,
): string {
  const figures = [
    `${row.bytes} bytes`,
    ...(evidence.kind === 'xlsx' ? [] : [`${evidence.records} records`]),
    ...(evidence.usualWidth > 0
      ? [`the last one with ${evidence.lastWidth} of the usual ${evidence.usualWidth} cells`]
      : []),
  ]
  return [
    'The end of the file does not look like an end, so it was not read.',
    ...evidence.findings,
    `What came: ${figures.join(', ')}.`,
    'If the transfer was cut off, send the whole file again under the same name.',
    `If the file is whole, release it: docketdrop uploads release ${row.agency} ${shortId(row.upload_id)}`,
  ].join(' ')
}

const tailBytes = 4096
const lineLength = 200

/** The last two lines of a text file, cut to 200 characters each; empty for a workbook or a file that is gone. */
export async function readLastLines(context: InboxContext, row: UploadRow): Promise<string[]> {
  if (row.evidence?.kind !== 'csv' && row.evidence?.kind !== 'txt') return []
  const path = await findBytes(context, row)
  if (path === undefined) return []
  const file = await open(path, 'r')
  try {
    const { size } = await file.stat()
    const start = Math.max(0, size - tailBytes) & ~1
    const { buffer, bytesRead } = await file.read(Buffer.alloc(tailBytes + 1), 0, undefined, start)
    return toLines(buffer.subarray(0, bytesRead))
  } finally {
    await file.close()
  }
}

function toLines(bytes: Buffer): string[] {
  const zeros = bytes.filter((byte) => byte === 0).length
  const encoding = zeros < bytes.length / 4 ? 'utf-8' : bytes[0] === 0 ? 'utf-16be' : 'utf-16le'
  const text = new TextDecoder(encoding).decode(bytes)
  const lines = text.split(/\r\n|\n|\r/).filter((line) => line.trim() !== '')
  return lines.slice(-2).map((line) => line.slice(-lineLength).toWellFormed())
}
