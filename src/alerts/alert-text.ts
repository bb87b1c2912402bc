import type { Agency } from '../agencies/index.ts'
import { errorCodes } from '../errors/index.ts'
import type { ErrorCode } from '../errors/index.ts'
import type { AnyAlertEvent } from './events.ts'
import { toLocalText } from './local-deadline.ts'
import type { Alert } from './types.ts'

/** What is said of an event: one sentence for the subject, what it means, and what to do, as commands. */
interface Story {
  readonly subject: string
  readonly text: string
  readonly todo: readonly string[]
}

type Facts = Alert['facts']

const text = (facts: Facts, key: string): string => {
  const value = facts[key]
  // Names come from senders; a line break in one must not make a line of its own.
  return typeof value === 'string' ? value.replace(/[\p{Cc}\p{Cf}\u2028\u2029]/gu, '·') : ''
}

const number = (value: unknown) => (typeof value === 'number' ? value.toLocaleString('en-US') : '0')

const shortId = (facts: Facts) => text(facts, 'uploadId').replaceAll('-', '').slice(-8)

const stories: Readonly<
  Record<AnyAlertEvent, (facts: Facts, agency: string, local: (iso: string) => string) => Story>
> = {
  'upload.received': (facts) => ({
    subject: `${text(facts, 'fileName')} has come`,
    text: 'The file has come whole.',
    todo: [],
  }),
  'upload.imported': (facts, agency) => {
    const isWhole = text(facts, 'state') === 'imported'
    return {
      subject: `${text(facts, 'fileName')} was imported${isWhole ? '' : ', with rejected rows'}`,
      text: isWhole
        ? 'The file was imported.'
        : 'The file was imported. Some of its rows were rejected and are not saved.',
      todo: isWhole
        ? []
        : [
            `See why rows were rejected:  docketdrop uploads report ${agency} ${shortId(facts)}`,
            'Mend them in the file …rejects.csv of processed/, and drop that file into the inbox.',
          ],
    }
  },
  'upload.held': (facts, agency) => ({
    subject: `${text(facts, 'fileName')} is held and waits for a decision`,
    text: 'The file is held. Nothing of it was imported, and nothing is lost.',
    todo: [
      `See why:           docketdrop uploads report ${agency} ${shortId(facts)}`,
      `Import it anyway:  docketdrop uploads release ${agency} ${shortId(facts)}`,
      `Refuse it:         docketdrop uploads discard ${agency} ${shortId(facts)}`,
      'Or send the right file: a longer one with the same beginning takes its place.',
    ],
  }),
  'upload.refused': (facts, agency) => ({
    subject: `${text(facts, 'fileName')} was refused`,
    text: 'The file was refused. Nothing of it was saved; what was there before is unchanged.',
    todo: [
      `See why:                       docketdrop uploads report ${agency} ${shortId(facts)}`,
      'Mend the file and send it again.',
      `Or, once the cause is mended:  docketdrop uploads retry ${agency} ${shortId(facts)}`,
    ],
  }),
  'upload.partial': (facts) => ({
    subject: `${text(facts, 'fileName')} came only in part`,
    text: 'The transfer broke off before its end. Nothing of the file is imported until it has come whole.',
    todo: ['Run the sending job again: it goes on where it broke off, or sends the file anew.'],
  }),
  'upload.duplicate': (facts) => ({
    subject: `${text(facts, 'fileName')} is the same as last time`,
    text: 'The file is equal to the one imported last, byte for byte. Nothing was changed.',
    todo: ['If you expected new data: look whether the job that writes the file still runs.'],
  }),
  'feed.missing': (facts, agency) => {
    const waiting = text(facts, 'waiting')
    const last = facts['lastFile'] as { fileName?: unknown } | null | undefined
    const named = typeof last?.fileName === 'string' ? text({ name: last.fileName }, 'name') : ''
    return {
      subject: `no file for ${text(facts, 'feed')} by ${text(facts, 'expectBy')} on ${text(facts, 'day')}`,
      text: [
        `A file ${text(facts, 'match')} of the feed ${text(facts, 'feed')} was expected by ${text(facts, 'expectBy')} and has not come.`,
        waiting === '' ? '' : `${waiting} is there, but waits for its trigger file or manifest.`,
        named === '' ? '' : `The last one was ${named}.`,
      ]
        .filter((line) => line !== '')
        .join(' '),
      todo: [
        'Look at the job that sends it, and at its log.',
        `What came lately:  docketdrop uploads list ${agency} --limit 10`,
      ],
    }
  },
  'feed.arrived': (facts, _agency, local) => ({
    subject: `${text(facts, 'fileName')} arrived late at ${local(text(facts, 'arrivedAt'))}`,
    text: `The file that was missing for ${text(facts, 'feed')} on ${text(facts, 'day')} arrived late at ${local(text(facts, 'arrivedAt'))}.`,
    todo: [],
  }),
  'key.expiring': (facts) => ({
    subject: `an SSH key of ${text(facts, 'account')} ends in ${number(facts['daysLeft'])} day(s)`,
    text: `The SSH key ${text(facts, 'fingerprint')} of the account ${text(facts, 'account')} ends soon, and no other key goes on. After that its job cannot sign in.`,
    todo: [`Add the new key:  docketdrop key rotate ${text(facts, 'account')} <public key file>`],
  }),
  'alert.test': () => ({
    subject: 'this is a test',
    text: 'Somebody asked for a test of the alerts. If you read this, they arrive.',
    todo: [],
  }),
}

/** `read 1,200, accepted 1,190 …` of counts that are not nought; '' where there are none. */
function listCounts(counts: unknown): string {
  if (counts === null || typeof counts !== 'object') return ''
  return Object.entries(counts)
    .filter(([name, value]) => name === 'read' || (typeof value === 'number' && value > 0))
    .map(([name, value]) => `${name} ${number(value)}`)
    .join(', ')
}

function listFacts(facts: Facts, local: (iso: string) => string): [string, string][] {
  const reason = text(facts, 'reason')
  const meaning = reason in errorCodes ? errorCodes[reason as ErrorCode] : ''
  const account = text(facts, 'account')
  const moment = (key: string) => (text(facts, key) === '' ? '' : local(text(facts, key)))
  const hasFile = 'uploadId' in facts
  const all: [string, string][] = [
    ['Reason', reason === '' ? '' : `${reason}: ${meaning}`],
    ['File', text(facts, 'fileName')],
    ['Size', hasFile ? `${number(facts['bytes'])} bytes` : ''],
    ['Account', hasFile ? account : ''],
    ['Received', moment('receivedAt')],
    ['Ended', moment('finishedAt')],
    ['Rows', listCounts(facts['rows'])],
    ['Events', listCounts(facts['events'])],
    ['Guard', listCounts(facts['guard'])],
    ['Expected', moment('expectedAt')],
    ['Arrived', moment('arrivedAt')],
    ['Ends', moment('expiresAt')],
    ['Upload', text(facts, 'uploadId')],
  ]
  return all.filter(([, value]) => value !== '')
}

/**
 * An alert in plain words, for a mail: what happened, which file, counts, and what to do. No row values and no names of clients:
 * reasons are told in the words of the catalogue, since the explanation of a file may quote it.
 */
export function renderAlert(
  { event, facts, alertId }: Pick<Alert, 'event' | 'facts' | 'alertId'>,
  agency: Pick<Agency, 'agency' | 'name' | 'timeZone'>,
): { subject: string; body: string } {
  const { timeZone } = agency
  const local = (iso: string) => {
    const at = Date.parse(iso)
    return Number.isNaN(at) ? '' : `${toLocalText(at, timeZone)} (${timeZone})`
  }
  const story = stories[event](facts, agency.agency, local)
  const known = listFacts(facts, local)
  const lines = [
    story.text,
    '',
    ...known.map(([name, value]) => `${`${name}:`.padEnd(10)} ${value}`),
    ...(known.length > 0 ? [''] : []),
    ...(story.todo.length > 0 ? ['What to do:', ...story.todo.map((line) => `  ${line}`), ''] : []),
    `${agency.name} (${agency.agency})`,
    `docketdrop alert ${alertId}`,
    '',
  ]
  return { subject: `[docketdrop] ${agency.agency}: ${story.subject}`, body: lines.join('\n') }
}
