import type { Upload } from '../../inbox/index.ts'
import type { MessageJson } from '../../messaging/index.ts'
import { toTable } from '../output.ts'
import type { Paint } from '../paint.ts'
import type { toReport } from '../upload-verdict.ts'

type Report = ReturnType<typeof toReport>

/** A heading of the story. */
export function toHeading(text: string, paint: Paint): string {
  return `\n${paint.bold(paint.cyan(text))}`
}

/** What was imported, in one table. */
export function toRecordTable({ rows, records }: Report): string {
  return [
    `  ${rows.read} rows read: ${rows.accepted} accepted, ${rows.rejected} rejected, ${rows.duplicate} duplicate, ${rows.blank} blank`,
    toTable(
      ['  Records', 'new', 'changed', 'as before'],
      Object.entries(records)
        .filter(([, one]) => one.created + one.updated + one.unchanged > 0)
        .map(([kind, one]) => [`  ${kind}`, one.created, one.updated, one.unchanged]),
    ),
  ].join('\n')
}

/** Each rejected row with its reason. */
export function toRejects(
  rejected: readonly {
    row: number
    issues: readonly { column: string | null; message: string }[]
  }[],
): string {
  if (rejected.length === 0) return '  none'
  return rejected
    .map(
      ({ row, issues }) =>
        `  row ${row}: ${issues.map(({ column, message }) => (column === null ? message : `${column}: ${message}`)).join('; ')}`,
    )
    .join('\n')
}

/** An instant as the court's clock shows it. */
function toLocal(instant: string, timeZone: string): string {
  const style = { dateStyle: 'medium', timeStyle: 'short', timeZone } as const
  return new Intl.DateTimeFormat('en-US', style).format(new Date(instant)).replaceAll('\u202f', ' ')
}

/** How many reminders wait, by step, and the first one of each language in full. */
export function toReminders(
  messages: readonly MessageJson[],
  timeZone: string,
  paint: Paint,
): string {
  const waiting = messages.filter((one) => one.state === 'scheduled')
  const steps = new Map<string, number>()
  for (const { step } of waiting) steps.set(step, (steps.get(step) ?? 0) + 1)
  const languages = [...new Set(waiting.map((one) => one.language))].sort()
  const samples = languages.flatMap((language) => {
    const texts = waiting.filter(
      (message) => message.language === language && message.channel === 'sms',
    )
    const one = texts.find(({ step }) => step === 'day-7') ?? texts[0]
    return one === undefined
      ? []
      : [
          `  ${paint.bold(language)}  to ${one.address ?? ''}, ${one.sendAt === null ? '' : toLocal(one.sendAt, timeZone)}, ${one.segments ?? 0} segment(s)\n      “${one.text ?? ''}”`,
        ]
  })
  return [
    `  ${waiting.length} planned: ${[...steps].map(([step, count]) => `${count} × ${step}`).join(', ')}`,
    ...samples,
  ].join('\n')
}

/** What the second night changed. */
export function toChanges({ records, events, messages }: Report): string {
  return [
    `  rescheduled  ${events.rescheduled}`,
    `  cancelled    ${events.cancelled}`,
    `  new          ${records.events.created}`,
    `  as before    ${records.events.unchanged}`,
    messages === null
      ? ''
      : `  reminders    ${messages.planned} planned anew, ${messages.superseded} of old dates cancelled`,
  ]
    .filter((line) => line !== '')
    .join('\n')
}

/** Where the file and its receipt stand now. */
export function toPlace(upload: Upload, agencyFolder: string): string {
  return `  ${agencyFolder}/${upload.archivePath ?? ''}`
}
