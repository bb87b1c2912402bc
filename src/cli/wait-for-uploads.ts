import { stat } from 'node:fs/promises'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Agency } from '../agencies/index.ts'
import type { Db } from '../db/index.ts'
import { AppError, FileError } from '../errors/index.ts'
import type { Inbox, Upload, UploadState } from '../inbox/index.ts'
import { findPlanResult } from '../records/index.ts'
import { exitCodes } from './exit-code.ts'

const finals: readonly UploadState[] = [
  'imported',
  'imported-with-rejects',
  'refused',
  'duplicate',
  'superseded',
  'withdrawn',
  'undone',
]
/** After these messages are planned. */
const planned: readonly UploadState[] = ['imported', 'imported-with-rejects', 'undone']
const working: readonly UploadState[] = ['receiving', 'received', 'queued', 'importing']
const pollMs = 50

export interface WaitOptions {
  readonly db: Db
  readonly inbox: Inbox
  readonly agency: Agency
  readonly timeoutMs: number
  /** Wait for the newest upload of this name, also if it has yet to appear. */
  readonly fileName?: string | undefined
  /** Wait for exactly this upload. */
  readonly uploadId?: string | undefined
  readonly onLook?: (uploads: readonly Upload[]) => void
}

export interface WaitResult {
  readonly uploads: readonly Upload[]
  readonly isTimedOut: boolean
}

/** At rest: nothing will happen by itself. A final state counts only once its receipt stands and its messages are planned. */
async function isAtRest(db: Db, upload: Upload): Promise<boolean> {
  if (upload.state === 'partial' || upload.state === 'held') return true
  if (upload.state === 'received') return upload.reason === 'TEMPORARY_NAME'
  if (!finals.includes(upload.state)) return false
  if (upload.state === 'withdrawn') return true
  if (upload.archivedAt === null) return false
  if (upload.reason === 'COMPANION_FILE') return true
  if (!planned.includes(upload.state)) return true
  return (await findPlanResult(db, upload.agencyId, upload.uploadId)) !== undefined
}

/** A file of this name stands in the inbox and nobody has taken note of it yet. */
async function isUnknownOnDisk(
  { inbox, agency }: WaitOptions,
  name: string,
  newest: Upload | undefined,
): Promise<boolean> {
  if (newest?.inboxPath === name && newest.state !== 'superseded') return false
  try {
    return (await stat(await inbox.layout.locate(agency.agency, 'inbox', [name]))).isFile()
  } catch {
    return false
  }
}

async function pickAtStart({ inbox, agency, uploadId, fileName }: WaitOptions): Promise<string[]> {
  if (uploadId !== undefined) return [uploadId]
  if (fileName !== undefined) return []
  const [newest] = await inbox.uploads.list(agency.agencyId, { limit: 1 })
  const busy = await inbox.uploads.list(agency.agencyId, { states: working })
  return [
    ...new Set([
      ...(newest === undefined ? [] : [newest.uploadId]),
      ...busy.map((one) => one.uploadId),
    ]),
  ]
}

async function look(
  options: WaitOptions,
  picked: readonly string[],
): Promise<{ uploads: Upload[]; isDone: boolean }> {
  const { inbox, agency, db, fileName } = options
  if (fileName !== undefined && options.uploadId === undefined) {
    const [newest] = await inbox.uploads.list(agency.agencyId, { fileName, limit: 1 })
    const isFresh = await isUnknownOnDisk(options, fileName, newest)
    if (newest === undefined) return { uploads: [], isDone: false }
    return { uploads: [newest], isDone: !isFresh && (await isAtRest(db, newest)) }
  }
  const uploads = await Promise.all(
    picked.map((uploadId) => inbox.uploads.get(agency.agencyId, uploadId)),
  )
  const rests = await Promise.all(uploads.map((one) => isAtRest(db, one)))
  return { uploads, isDone: rests.every(Boolean) }
}

/** Waits until the watched uploads are at rest, their receipts stand and their messages are planned. */
export async function waitForUploads(options: WaitOptions): Promise<WaitResult> {
  const picked = await pickAtStart(options)
  const deadline = performance.now() + options.timeoutMs
  for (;;) {
    const { uploads, isDone } = await look(options, picked)
    options.onLook?.(uploads)
    if (isDone) return { uploads, isTimedOut: false }
    if (performance.now() >= deadline) return { uploads, isTimedOut: true }
    await sleep(pollMs)
  }
}

const refusing: readonly UploadState[] = ['refused', 'held', 'partial']

/** The exit code of what was waited for, and the error that goes with 6 and 1. */
export function judgeWait(
  { uploads, isTimedOut }: WaitResult,
  timeoutMs: number,
): { code: number; error?: AppError } {
  const refused = uploads.find((one) => refusing.includes(one.state))
  if (refused !== undefined) {
    const message = refused.explanation ?? `${refused.fileName} is ${refused.state}.`
    const hint =
      refused.state === 'held'
        ? 'Look at it with `docketdrop uploads report`, then release or discard it.'
        : refused.state === 'partial'
          ? 'Send the file again, or resume it.'
          : 'Mend the file and send it again. Nothing was changed.'
    return {
      code: exitCodes.fileRefused,
      error: new FileError(refused.reason ?? 'FILE_MALFORMED', message, { hint }),
    }
  }
  if (isTimedOut) {
    return {
      code: exitCodes.failed,
      error: new AppError(
        'TIMED_OUT',
        uploads.length === 0
          ? `No such upload came within ${timeoutMs / 1000} s.`
          : `Not done within ${timeoutMs / 1000} s: ${uploads.map((one) => `${one.fileName} is ${one.state}`).join(', ')}.`,
        { hint: 'Wait longer with --timeout, or see `docketdrop uploads list`.' },
      ),
    }
  }
  return {
    code: uploads.some((one) => one.state === 'imported-with-rejects')
      ? exitCodes.rejects
      : exitCodes.done,
  }
}
