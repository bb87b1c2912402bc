import type { Agency } from '../agencies/index.ts'
import { defaultAt, listLanguages } from './flow.ts'
import type { Flow, FlowStep } from './flow.ts'
import type { FactRow } from './message-facts.ts'
import { renderStep, toFactsAt } from './render-message.ts'
import { addDays, findSendTime, resolveLocal, toLocalDate } from './send-time.ts'

/** A client and an event to write about. */
export type Example = FactRow & { readonly time_zone: string; readonly starts_at: Date | null }

/** One rendered text of a flow. `segments` is 0 for e-mails. */
export interface PreviewText {
  readonly step: string
  readonly channel: string
  readonly language: string
  readonly text: string
  readonly segments: number
}

/** Somebody made up, with an event in ten days, for an agency that has no records yet. */
export function createExample(timeZone: string, now: Date): Example {
  const local_date = addDays(toLocalDate(timeZone, now.getTime()), 10)
  return {
    local_date,
    local_time: '09:00:00',
    time_zone: timeZone,
    starts_at: new Date(resolveLocal(timeZone, local_date, '09:00')),
    event_type: 'Arraignment',
    event_status: 'Scheduled',
    event_reference: 'H-1001',
    room: 'Courtroom 2',
    location: 'Main Courthouse',
    judge: 'LEE, PAT',
    case_number: 'CR-2026-00123',
    case_type: 'criminal',
    client_reference: '0000001',
    first_name: 'ANA',
    last_name: 'RIVERA',
    full_name: 'RIVERA, ANA',
  }
}

/** The moment at which the step would go out; notices have none of their own and go out now. */
function findMoment(step: FlowStep, example: Example, now: Date): number {
  if (step.when === undefined) return now.getTime()
  const event = {
    timeZone: example.time_zone,
    localDate: example.local_date,
    startsAt: example.starts_at?.getTime() ?? null,
  }
  const { step: name, when, at = defaultAt } = step
  return findSendTime(event, { step: name, when, at }) ?? now.getTime()
}

/** Every step of a flow, also one that is switched off, in each of its channels and languages. */
export function previewFlow(
  flow: Flow,
  agency: Pick<Agency, 'name' | 'helpPhone'>,
  example: Example,
  now: Date,
): PreviewText[] {
  return flow.steps.flatMap((step) => {
    const facts = toFactsAt(example, agency, findMoment(step, example, now))
    return step.channels.flatMap((channel) =>
      listLanguages(flow, step.text, channel).flatMap((language) => {
        const text = renderStep(flow, { text: step.text, channel, language }, facts)
        if (text === undefined) return []
        const { body, segments } = text
        return [{ step: step.step, channel, language, text: body, segments: segments ?? 0 }]
      }),
    )
  })
}
