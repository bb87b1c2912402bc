import { UsageError, suggestName } from '../errors/index.ts'

/** What can be told, with one sentence of meaning; the README prints it. */
export const alertEvents = {
  'upload.received': 'A file has come, its end was checked, and it is queued or held.',
  'upload.held': 'A file waits for a decision of a person; nothing of it was imported.',
  'upload.imported': 'A file was imported, with or without rejected rows.',
  'upload.refused': 'A file was refused; nothing of it was imported.',
  'upload.partial': 'A transfer broke off; the file is not imported until it comes whole.',
  'upload.duplicate': 'A file came that is equal to the one imported last; nothing was changed.',
  'feed.missing': 'The file of a feed had not come by the time it is expected.',
  'feed.arrived': 'A file that was told missing has come after all.',
  'key.expiring': 'The SSH key of an account ends soon, and no other key goes on.',
} as const

export type AlertEvent = keyof typeof alertEvents

/** An alert is also sent when somebody asks for a test. */
export type AnyAlertEvent = AlertEvent | 'alert.test'

const all = Object.keys(alertEvents) as AlertEvent[]

/** What a person is mailed unless they ask for more: whatever needs somebody. */
const needsSomebody: readonly AlertEvent[] = all.filter(
  (event) => event !== 'upload.received' && event !== 'upload.imported',
)

/**
 * The events that were asked for, each once and in the order of the list; `all` is every one. None given: all for a webhook,
 * those that need somebody for e-mail.
 *
 * @throws UsageError USAGE_INVALID
 */
export function parseEvents(
  given: readonly string[] | undefined,
  channel: 'email' | 'webhook',
): AlertEvent[] {
  if (given === undefined) return channel === 'webhook' ? all : [...needsSomebody]
  const names = given.map((name) => name.trim()).filter((name) => name !== '')
  const wrong = names.find((name) => name !== 'all' && !all.some((event) => event === name))
  if (wrong !== undefined)
    throw new UsageError(
      'USAGE_INVALID',
      `${JSON.stringify(wrong.slice(0, 40))} is no event.${suggestName(wrong, all)}`,
      { hint: `Events are: ${all.join(', ')}; or all.` },
    )
  if (names.length === 0)
    throw new UsageError('USAGE_INVALID', 'No event was named.', {
      hint: `Events are: ${all.join(', ')}; or all.`,
    })
  return names.includes('all') ? all : all.filter((event) => names.includes(event))
}

/** The events as a Markdown table, as it stands in docs/alerts.md. */
export function describeEvents(): string {
  const lines = Object.entries(alertEvents).map(
    ([event, meaning]) => `| \`${event}\` | ${meaning} |`,
  )
  return ['| Event | When |', '|---|---|', ...lines].join('\n')
}
