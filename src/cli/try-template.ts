import { basename } from 'node:path'
import type { TemplateTest } from '../import/index.ts'
import type { Rehearsal } from '../messaging/index.ts'
import type { OpenHome } from './open-home.ts'

/** A file that was tried, with the messages that it would have made. */
export type TriedFile = TemplateTest<Rehearsal>

/** Imports a file and plans its messages as a server would, in one transaction that is rolled back. */
export async function tryTemplate(
  home: OpenHome,
  agencyId: number,
  template: string,
  file: string,
): Promise<TriedFile> {
  const templates = await home.templates()
  const { rehearse } = await home.messaging()
  return templates.test(agencyId, template, file, basename(file), rehearse)
}

function renderRecords({ records, events }: TriedFile['report']): string {
  const lines = Object.entries(records).flatMap(([kind, counts]) => {
    const told = Object.entries(counts).filter(([, count]) => Number(count) > 0)
    if (told.length === 0) return []
    return [`  ${kind}: ${told.map(([what, count]) => `${Number(count)} ${what}`).join(', ')}`]
  })
  const { rescheduled, cancelled, ambiguous } = events
  const moved =
    rescheduled + cancelled + ambiguous === 0
      ? []
      : [
          `  of the events ${rescheduled} rescheduled, ${cancelled} cancelled, ${ambiguous} ambiguous`,
        ]
  return ['Records:', ...(lines.length === 0 ? ['  none'] : lines), ...moved].join('\n')
}

function renderMessages({ planned, superseded, held, steps, texts }: Rehearsal): string {
  return [
    `Messages: ${planned} planned, ${held} waiting for review, ${superseded} taken back`,
    ...steps.map(
      ({ step, channel, state, reason, count }) =>
        `  ${step} ${channel}: ${count} ${state}${reason === null ? '' : ` (${reason})`}`,
    ),
    ...texts.map(
      ({ step, channel, language, text }) => `  ${step} ${channel} ${language}: ${text}`,
    ),
  ].join('\n')
}

/** The three tiers, the records and messages, the first rows, and how an upload would end. */
export function renderTriedFile({ verdict, tiers, report, messages, sample }: TriedFile): string {
  const isImported = verdict === 'imported' || verdict === 'imported-with-rejects'
  return [
    ...tiers.map(({ tier, ok, findings }) =>
      [`${ok ? '✓' : '✗'} ${tier}`, ...findings.map((finding) => `    ${finding}`)].join('\n'),
    ),
    ...(isImported ? [renderRecords(report)] : []),
    ...(messages === null ? [] : [renderMessages(messages)]),
    ...(sample.length === 0
      ? []
      : ['First rows as they would be read:', ...sample.map((row) => `  ${JSON.stringify(row)}`)]),
    `Nothing was saved. An import would end as: ${verdict}`,
  ].join('\n')
}
