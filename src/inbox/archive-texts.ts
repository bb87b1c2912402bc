import { errorCodes } from '../errors/index.ts'
import { toReceipt } from './receipt.ts'
import { toUpload } from './upload-row.ts'
import type { UploadRow } from './upload-row.ts'

/** Text of `receipt.json`; the same row gives the same bytes. */
export function receiptText(row: UploadRow): string {
  const more = {
    ...(row.duplicate_of === null ? {} : { duplicateOf: row.duplicate_of }),
    ...(row.superseded_by === null ? {} : { supersededBy: row.superseded_by }),
  }
  return `${JSON.stringify({ ...toReceipt(toUpload(row)), ...more }, null, 2)}\n`
}

function facts(row: UploadRow): string[] {
  const reason = row.reason === null ? '' : `${row.reason}: ${errorCodes[row.reason]}`
  return [
    `File:     ${row.file_name}`,
    `Received: ${row.received_at?.toISOString() ?? ''}`,
    `Upload:   ${row.upload_id}`,
    `Reason:   ${reason}`,
  ]
}

/** Text of `error.txt`: what was expected, what came and what to do, in plain words. */
export function errorText(row: UploadRow): string {
  const title =
    row.state === 'superseded'
      ? 'This file was set aside, because a longer one took its place.'
      : 'This file was not imported. Nothing of it was saved.'
  return [title, '', ...facts(row), '', row.explanation ?? '', ''].join('\n')
}

/** Text of `held.txt` for a file that waits for a person's decision; `lastLines` are the last ones of the file. */
export function heldText(row: UploadRow, lastLines: readonly string[]): string {
  const lines =
    lastLines.length === 0
      ? []
      : ['', 'The file ends like this:', ...lastLines.map((x) => `  ${x}`)]
  const title = 'This file is held. Nothing of it was imported, and nothing is lost.'
  return [title, '', ...facts(row), '', row.explanation ?? '', ...lines, ''].join('\n')
}
