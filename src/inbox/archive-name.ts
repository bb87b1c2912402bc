const limit = 255
const reserved = /^(con|prn|aux|nul|com[0-9]|lpt[0-9]|conin\$|conout\$)$/i

/** Cuts text to a number of UTF-8 bytes, on a character border. */
export function cutToBytes(text: string, bytes: number): string {
  let length = 0
  let kept = ''
  for (const char of text) {
    length += Buffer.byteLength(char)
    if (length > bytes) break
    kept += char
  }
  return kept
}

/** Stem and extension as the archive uses them; `ECR.csv` gives `ECR` and `.csv`, `.hidden` has no extension. */
export function splitName(fileName: string): { stem: string; extension: string } {
  const dot = fileName.lastIndexOf('.')
  if (dot <= 0 || fileName.length - dot > 33) return { stem: fileName, extension: '' }
  return { stem: fileName.slice(0, dot), extension: fileName.slice(dot) }
}

function toSafeStem(stem: string): string {
  const trimmed = stem.replace(/[. ]+$/, '')
  const base = trimmed.split('.')[0] ?? ''
  return trimmed === '' || reserved.test(base.trim()) ? `_${trimmed}` : trimmed
}

/** The last hex digits of an upload's id, by which people name it: 8, or 12 (or all 32) where 8 are not enough. */
export function shortId(uploadId: string, digits: 8 | 12 | 32 = 8): string {
  return uploadId.replaceAll('-', '').slice(-digits)
}

/**
 * Name in the archive: `<stem>__<id><ending>`, where the ending is the extension or `.receipt.json` and the like.
 *
 * The stem is cut on a character border so that every ending fits into 255 bytes; names that Windows reserves get a
 * leading `_`, and trailing dots and blanks go (reference/reliability.md P8, P9).
 */
export function archiveName(fileName: string, id: string, ending?: string): string {
  const { stem, extension } = splitName(fileName)
  const longest = '.receipt.json'.length
  const room = limit - id.length - 2 - Math.max(longest, Buffer.byteLength(extension))
  return `${cutToBytes(toSafeStem(stem), room)}__${id}${ending ?? extension.replace(/[. ]+$/, '')}`
}

/** Name of the latest receipt in outbox/: `<sent name>.receipt.json`. */
export function outboxName(fileName: string): string {
  const ending = '.receipt.json'
  return `${cutToBytes(toSafeStem(fileName), limit - ending.length)}${ending}`
}
