import type { Db } from '../../db/index.ts'
import { NotFoundError } from '../../errors/index.ts'
import type { Inbox } from '../../inbox/index.ts'
import { readDatabaseFigures } from '../figures-store.ts'
import type { DatabaseFigures } from '../figures-store.ts'
import { listAcknowledgedIds } from './doctor-store.ts'
import type { AcknowledgedUpload } from './doctor-store.ts'
import { createFinding } from './finding.ts'
import type { Finding } from './finding.ts'

const mostLooked = 10_000

function examineWaiting(
  { waiting, agencies }: DatabaseFigures,
  state: 'held' | 'partial',
  hint: string,
): Finding {
  const of = waiting.filter((one) => one.state === state)
  const count = of.reduce((sum, one) => sum + one.count, 0)
  if (count === 0) return createFinding(`uploads.${state}`, 'ok', `No upload is ${state}.`)
  const named = of.map(({ agencyId, count: own }) => {
    const agency = agencies.find((one) => one.agencyId === agencyId)?.agency
    return `${agency ?? agencyId} ${own}`
  })
  return createFinding(
    `uploads.${state}`,
    'warn',
    `${count} upload(s) are ${state}: ${named.join(', ')}.`,
    hint,
  )
}

/** True when the bytes of an upload are nowhere, seen twice: a server may have moved them meanwhile. */
async function isLost(inbox: Inbox, { agencyId, uploadId }: AcknowledgedUpload): Promise<boolean> {
  for (let look = 0; look < 2; look++) {
    try {
      await inbox.uploads.locate(await inbox.uploads.get(agencyId, uploadId))
      return false
    } catch (error) {
      if (!(error instanceof NotFoundError)) throw error
      if (error.code === 'UPLOAD_NOT_FOUND') return false
    }
  }
  return true
}

async function examineLost(db: Db, inbox: Inbox, { lost }: DatabaseFigures): Promise<Finding> {
  const missing: string[] = []
  for (const upload of await listAcknowledgedIds(db, mostLooked))
    if (await isLost(inbox, upload)) missing.push(`${upload.agency} ${upload.uploadId}`)
  const count = missing.length + lost
  if (count === 0)
    return createFinding('uploads.lost', 'ok', 'The bytes of every acknowledged file are there.')
  return createFinding(
    'uploads.lost',
    'fail',
    `The bytes of ${count} acknowledged upload(s) are nowhere. ${missing.join(', ')}`.trim(),
    'Ask the senders to send again, keep the log, and tell the makers: this must never happen.',
  )
}

async function examineJournal(inbox: Inbox): Promise<Finding> {
  const ahead = await inbox.countAhead()
  return ahead === 0
    ? createFinding('uploads.journal', 'ok', 'Journal and database tell the same.')
    : createFinding(
        'uploads.journal',
        'warn',
        `${ahead} acknowledged upload(s) stand in the journal and not in the database yet.`,
        'A running server makes the rows within a minute; start it. If they stay, see its log.',
      )
}

/** What waits, what was left half way, and whether all acknowledged bytes are there. */
export async function examineUploads(db: Db, inbox: Inbox): Promise<Finding[]> {
  const figures = await readDatabaseFigures(db)
  const { temporaryStale } = await inbox.figures()
  const { unarchived } = figures
  return [
    examineWaiting(
      figures,
      'held',
      'Read error/…held.txt, then docketdrop uploads release or discard.',
    ),
    examineWaiting(figures, 'partial', 'The sender sends again or resumes.'),
    temporaryStale === 0
      ? createFinding('uploads.temporary', 'ok', 'No temporary name is left over.')
      : createFinding(
          'uploads.temporary',
          'warn',
          `${temporaryStale} file(s) still have a temporary name.`,
          'Their sender has not renamed them; look at its log.',
        ),
    unarchived === 0
      ? createFinding('uploads.filed', 'ok', 'Every upload that ended is filed.')
      : createFinding(
          'uploads.filed',
          'warn',
          `${unarchived} upload(s) ended and are not filed yet.`,
          'A running server files them within a minute; see its log if they stay.',
        ),
    await examineLost(db, inbox, figures),
    await examineJournal(inbox),
  ]
}
