import type { Agency } from '../agencies/index.ts'
import { createDateText } from './date-text.ts'
import type { FlowVersion } from './flow-store.ts'
import { findText } from './flow.ts'
import type { Channel, Flow } from './flow.ts'
import { parseText, renderText } from './merge-tags.ts'
import type { ParsedText, TextFacts } from './merge-tags.ts'
import { toTextFacts } from './message-facts.ts'
import type { FactRow, MessageRow } from './message-facts.ts'
import { countSegments } from './segments.ts'
import { toLocalDate, toLocalTime } from './send-time.ts'

/** A finished text. E-mails have a subject and no segments. */
export interface RenderedText {
  readonly subject: string | null
  readonly body: string
  readonly segments: number | null
}

interface ParsedStep {
  readonly subject: ParsedText | null
  readonly body: ParsedText
}

/** Writes the text of a step for one channel and language; undefined when the flow has none. */
export function renderStep(
  flow: Flow,
  { text, channel, language }: { text: string; channel: Channel; language: string },
  facts: TextFacts,
): RenderedText | undefined {
  const parsed = parseStep(flow, text, channel, language)
  return parsed === undefined ? undefined : render(parsed, facts, channel, language)
}

function parseStep(
  flow: Flow,
  text: string,
  channel: Channel,
  language: string,
): ParsedStep | undefined {
  const found = findText(flow, text, channel, language)
  if (found === undefined) return undefined
  return {
    subject: found.subject === null ? null : parseText(found.subject),
    body: parseText(found.body),
  }
}

function render(
  parsed: ParsedStep,
  facts: TextFacts,
  channel: Channel,
  language: string,
  dates = createDateText(),
): RenderedText {
  const { subject } = parsed
  const shape = channel === 'sms' ? 'line' : 'page'
  const body = renderText(parsed.body, facts, language, shape, dates)
  return {
    subject: subject === null ? null : renderText(subject, facts, language, 'line', dates),
    body,
    segments: channel === 'sms' ? countSegments(body) : null,
  }
}

/** Writes the texts of stored messages, each with the version of its flow that it was planned with. */
export interface Renderer {
  /** As if it were sent at the given moment; undefined when its flow has no such text. */
  render(row: MessageRow, sentAt: Date): RenderedText | undefined
}

/** Remembers parsed texts for as long as it lives: use one for a batch or a list. */
export function createRenderer(
  versions: readonly FlowVersion[],
  agency: Pick<Agency, 'name' | 'helpPhone'>,
): Renderer {
  const flows = new Map(versions.map(({ flow, version, body }) => [`${flow} ${version}`, body]))
  const texts = new Map<string, ParsedStep | undefined>()
  const moments = new Map<string, Moment>()
  const dates = createDateText()

  function parse(row: MessageRow, channel: Channel): ParsedStep | undefined {
    const flow = flows.get(`${row.flow} ${row.flow_version}`)
    const step = flow?.steps.find((one) => one.step === row.step)
    if (flow === undefined || step === undefined) return undefined
    return parseStep(flow, step.text, channel, row.language)
  }

  return {
    render(row, sentAt) {
      if (row.channel === 'webhook') return undefined
      const key = `${row.flow} ${row.flow_version} ${row.step} ${row.channel} ${row.language}`
      if (!texts.has(key)) texts.set(key, parse(row, row.channel))
      const parsed = texts.get(key)
      if (parsed === undefined) return undefined
      const at = `${row.time_zone} ${sentAt.getTime()}`
      const moment = moments.get(at) ?? toMoment(row.time_zone, sentAt.getTime())
      moments.set(at, moment)
      const facts = toTextFacts(row, agency, moment)
      return render(parsed, facts, row.channel, row.language, dates)
    },
  }
}

/** A moment of sending, in the event's zone. */
type Moment = Pick<TextFacts, 'sentOn' | 'sentTime'>

function toMoment(timeZone: string, sentAt: number): Moment {
  return { sentOn: toLocalDate(timeZone, sentAt), sentTime: toLocalTime(timeZone, sentAt) }
}

/** The facts of a client and an event, at a moment of sending in the event's zone. */
export function toFactsAt(
  row: FactRow & Pick<MessageRow, 'time_zone'>,
  agency: Pick<Agency, 'name' | 'helpPhone'>,
  sentAt: number,
): TextFacts {
  return toTextFacts(row, agency, toMoment(row.time_zone, sentAt))
}
