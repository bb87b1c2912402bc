import { channels, chooseLanguage, defaultAt, listDateSteps, listLanguages } from './flow.ts'
import type { Channel } from './flow.ts'
import type { FlowVersion } from './flow-store.ts'
import { createResolver, findEnd, planSteps } from './send-time.ts'
import type { EventTime, ResolveLocal } from './send-time.ts'

type Cell = string | number | boolean | null

/** One step and channel of a flow: flow, version, step, channel, kind of contact, is the step's first channel. */
export function toStepRows(flows: readonly FlowVersion[]): Cell[][] {
  return flows.flatMap(({ flow, version, body }) =>
    listDateSteps(body).flatMap(({ step, channels: own }) =>
      [...new Set(own)].map((channel, at) => [
        flow,
        version,
        step,
        channel,
        channel === 'sms' ? 'phone' : 'email',
        at === 0,
      ]),
    ),
  )
}

/**
 * Which language each step and channel is written in for each language that clients ask for:
 * flow, step, channel, requested (blank: none), language (null: no text).
 */
export function toLanguageRows(
  flows: readonly FlowVersion[],
  requested: readonly (string | null)[],
  agencyDefault: string,
): Cell[][] {
  return flows.flatMap(({ flow, body }) =>
    listDateSteps(body).flatMap(({ step, text, channels: own }) =>
      channels
        .filter((channel: Channel) => own.includes(channel))
        .flatMap((channel) => {
          const available = listLanguages(body, text, channel)
          return requested.map((language) => [
            flow,
            step,
            channel,
            language ?? '',
            chooseLanguage(available, language, agencyDefault) ?? null,
          ])
        }),
    ),
  )
}

const toIso = (instant: number | null) =>
  instant === null ? null : new Date(instant).toISOString()

/**
 * What becomes of each step at each distinct time of an event: zone, date, start, flow, step, state, reason, send at,
 * not after, is catch-up, is the event still to come.
 */
export function* toTimeRows(
  flows: readonly FlowVersion[],
  times: Iterable<EventTime>,
  now: number,
): Generator<Cell[]> {
  const resolve: ResolveLocal = createResolver()
  const byFlow = flows.map(({ flow, body }) => ({
    flow,
    steps: listDateSteps(body).map(({ step, when, at }) => ({ step, when, at: at ?? defaultAt })),
  }))
  for (const time of times) {
    const isFuture = findEnd(time, resolve) > now
    for (const { flow, steps } of byFlow) {
      for (const planned of planSteps(time, steps, now, resolve)) {
        yield [
          time.timeZone,
          time.localDate,
          toIso(time.startsAt),
          flow,
          planned.step,
          planned.state,
          planned.reason,
          toIso(planned.sendAt),
          toIso(planned.notAfter),
          planned.isCatchUp,
          isFuture,
        ]
      }
    }
  }
}
