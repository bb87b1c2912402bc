import { createHash } from 'node:crypto'
import { stat } from 'node:fs/promises'
import { FileError } from '../errors/index.ts'
import { checkArchive } from './check-archive.ts'
import type { OpenedFile, OpenSent } from './containers/types.ts'
import { nameFormat } from './detect-delimiter.ts'
import { createFactsCollector } from './evidence-facts.ts'
import { hashFile } from './hash-file.ts'
import { judgeEnd } from './judge-end.ts'
import { readChunks } from './read-chunks.ts'
import { createRecordSplitter } from './readers/split-records.ts'
import { createTailWatch, createViewer } from './tail-watch.ts'
import { sniffHead } from './sniff.ts'
import type { Sniffed } from './sniff.ts'
import type { Evidence, Examination } from './types.ts'

/**
 * Hashes a file and says whether its end looks like an end, in one pass and in constant memory.
 *
 * `fileName` is the name it was sent under; the bytes decide, the name only helps with workbooks cut off early. With `open` what is
 * packed or encrypted is judged by its content; without, it is a file of another kind.
 * Files of kinds that the importer refuses (PDF, binary, empty …) are `complete`: they fail there, with their own code.
 */
export async function examineFile(
  path: string,
  { fileName, open }: { readonly fileName: string; readonly open?: OpenSent | undefined },
): Promise<Examination> {
  return open ? examineSent(path, fileName, open) : examinePlain(path, fileName)
}

/** The end is judged in the opened content; size and hash stay those of the bytes that were sent. */
async function examineSent(path: string, fileName: string, open: OpenSent): Promise<Examination> {
  let opened: OpenedFile
  try {
    opened = await open(path, fileName)
  } catch (error) {
    if (!(error instanceof FileError)) throw error
    // Only what is cut can still become whole; everything else is refused by the importer, with its own code.
    const verdict = error.code === 'ARCHIVE_CORRUPT' ? 'missing' : 'complete'
    const evidence = { ...noRecords, kind: 'other', verdict, findings: [error.message] } as const
    return { bytes: (await stat(path)).size, sha256: await hashFile(path), evidence }
  }
  try {
    const found = await examinePlain(opened.path, opened.name)
    if (opened.hashes === null) return found
    const { evidence } = found
    const findings = [`The file was opened (${opened.layers.join(', ')}).`, ...evidence.findings]
    return {
      bytes: (await stat(path)).size,
      sha256: opened.hashes.sent,
      evidence: { ...evidence, findings },
    }
  } finally {
    await opened.close()
  }
}

async function examinePlain(path: string, fileName: string): Promise<Examination> {
  const { kind, sniffed } = await sniffHead(path)
  if (kind === 'text') return examineText(path, sniffed)
  const isWorkbook = kind === 'xlsx' || kind === 'xlsx-macros' || kind === 'xlsx-damaged'
  const isLostWorkbook = kind === 'zip' && /\.xls[xm]$/i.test(fileName)
  const evidence =
    isWorkbook || isLostWorkbook
      ? await judgeWorkbook(path)
      : { ...noRecords, kind: 'other' as const, ...whole(`The file is no table (${kind}).`) }
  return { bytes: sniffed.bytes, sha256: await hashFile(path), evidence }
}

const noRecords = {
  hasFinalLineEnd: null,
  trailer: null,
  records: 0,
  lastWidth: 0,
  usualWidth: 0,
} as const

const whole = (finding: string) => ({ verdict: 'complete' as const, findings: [finding] })

/** A workbook is whole when its directory, which stands at the end, is there and every part has its checksum. */
async function judgeWorkbook(path: string): Promise<Evidence> {
  try {
    await checkArchive(path)
  } catch (error) {
    if (!(error instanceof FileError)) throw error
    // An archive bomb and the like are whole; the importer refuses them with their own code.
    if (error.code !== 'WORKBOOK_CORRUPT') {
      return { ...noRecords, kind: 'xlsx', ...whole(error.message) }
    }
    return { ...noRecords, kind: 'xlsx', verdict: 'missing', findings: [error.message] }
  }
  return {
    ...noRecords,
    kind: 'xlsx',
    ...whole('The directory of the workbook is there and all checksums are right.'),
  }
}

async function examineText(path: string, sniffed: Sniffed): Promise<Examination> {
  const hash = createHash('sha256')
  const delimiter = sniffed.delimiter ?? ','
  const dialect = { delimiter, quote: '"' }
  const viewer = createViewer(sniffed.encoding)
  const splitter = createRecordSplitter(dialect, sniffed.usualWidth)
  const collector = createFactsCollector(dialect, sniffed.usualWidth)
  const tail = createTailWatch(sniffed.encoding)
  let isReadable = true
  let bytes = 0
  for await (const piece of readChunks(path)) {
    hash.update(piece)
    tail.see(piece)
    bytes += piece.length
    if (isReadable) isReadable = collect(() => splitter.push(viewer.decode(piece)))
  }
  if (isReadable) {
    isReadable = collect(() => [...splitter.push(viewer.finish()), ...splitter.finish()])
  }

  /** False where a row is longer than the limit; the importer refuses such a file. */
  function collect(next: () => ReturnType<typeof splitter.push>): boolean {
    try {
      for (const record of next()) collector.see(record)
      return true
    } catch (error) {
      if (error instanceof FileError) return false
      throw error
    }
  }

  const facts = collector.facts()
  const verdict = isReadable
    ? judgeEnd(facts, { bytes, ...tail.finish() }, dialect)
    : { ...whole('A row is longer than the limit.'), trailer: null }
  return {
    bytes,
    sha256: hash.digest('hex'),
    evidence: {
      ...verdict,
      kind: nameFormat(delimiter),
      hasFinalLineEnd: facts.last?.record.hasLineEnd ?? null,
      records: facts.records,
      lastWidth: facts.last?.width ?? 0,
      usualWidth: facts.usualWidth,
    },
  }
}
