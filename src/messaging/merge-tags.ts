import { UsageError, suggestName } from '../errors/index.ts'
import { createDateText } from './date-text.ts'
import type { DateText } from './date-text.ts'
import { toTitleCase } from './title-case.ts'

/** What a text may speak of. Null stands for "not known", and leaves nothing behind in the text. */
export interface TextFacts {
  readonly agencyName: string
  readonly helpPhone: string | null
  readonly clientReference: string
  readonly firstName: string | null
  readonly lastName: string | null
  readonly fullName: string
  /** `YYYY-MM-DD` */
  readonly localDate: string
  /** `HH:MM…` */
  readonly localTime: string | null
  readonly eventReference: string | null
  readonly eventType: string | null
  readonly eventStatus: string
  readonly location: string | null
  readonly room: string | null
  readonly judge: string | null
  readonly caseNumber: string | null
  readonly caseType: string | null
  /** The moment of sending in the event's zone: `YYYY-MM-DD` and `HH:MM`. */
  readonly sentOn: string
  readonly sentTime: string
}

type Write = (facts: TextFacts, language: string, dates: DateText) => string | null

/** A client that has no name yet stands under its reference, which nobody is called by. */
const fullName: Write = ({ fullName, clientReference }) =>
  fullName === clientReference ? null : toTitleCase(fullName)

const nameOf = (name: string | null) => (name === null ? null : toTitleCase(name))

/**
 * Every tag and what it prints, in eCourtDate's spelling. Kept out on purpose, since texts travel unprotected:
 * charges, birth dates, balances, custody.
 */
const registry = {
  AgencyName: (facts) => facts.agencyName,
  HelpPhone: (facts) => facts.helpPhone,
  ClientName: fullName,
  ClientFirstName: (facts, language, dates) =>
    nameOf(facts.firstName) ?? fullName(facts, language, dates),
  ClientLastName: (facts) => nameOf(facts.lastName),
  ClientReference: (facts) => facts.clientReference,
  EventDate: (facts, language, dates) => dates.formatDate(language, facts.localDate),
  EventTime: (facts, language, dates) =>
    facts.localTime === null ? null : dates.formatTime(language, facts.localTime),
  EventRelativeDay: (facts, language, dates) =>
    dates.formatRelativeDay(language, facts.sentOn, facts.localDate),
  EventReference: (facts) => facts.eventReference,
  EventType: (facts) => facts.eventType,
  EventStatus: (facts) => facts.eventStatus,
  LocationName: (facts) => facts.location,
  Courtroom: (facts) => facts.room,
  JudgeName: (facts) => nameOf(facts.judge),
  CaseNumber: (facts) => facts.caseNumber,
  CaseType: (facts) => facts.caseType,
  DateToday: (facts, language, dates) => dates.formatDate(language, facts.sentOn),
  TimeNow: (facts, language, dates) => dates.formatTime(language, facts.sentTime),
} as const satisfies Readonly<Record<string, Write>>

/** A name that may stand in brackets. */
export type TagName = keyof typeof registry

/** All tags, in the order of the documentation. */
export const tagNames = Object.keys(registry) as readonly TagName[]

/** A text taken apart once: plain pieces, and tags with their labels. */
export type ParsedText = readonly (
  string | { readonly tag: TagName; readonly label: string | null }
)[]

const bracket = /\[([^[\]]*)\]/g
const inside = /^(?:%(?<label>[^%]*)% +)?(?<tag>[A-Za-z]+)$/

function isTag(name: string): name is TagName {
  return Object.hasOwn(registry, name)
}

/**
 * Takes a text with tags apart: `[Tag]`, or `[%Label:% Tag]`, which prints the label, a blank and the value, or
 * nothing at all when there is no value. https://wiki.ecourtdate.com/getting-started/merge-tags
 * @throws UsageError FLOW_INVALID for brackets that hold no known tag, with the nearest one
 */
export function parseText(text: string): ParsedText {
  const parts: ParsedText[number][] = []
  let end = 0
  for (const match of text.matchAll(bracket)) {
    const { label, tag = '' } = inside.exec(match[1] ?? '')?.groups ?? {}
    if (!isTag(tag)) throw toUnknownTag(match[0], tag === '' ? (match[1] ?? '') : tag)
    if (match.index > end) parts.push(text.slice(end, match.index))
    parts.push({ tag, label: label ?? null })
    end = match.index + match[0].length
  }
  if (end < text.length) parts.push(text.slice(end))
  return parts
}

function toUnknownTag(written: string, name: string): UsageError {
  return new UsageError(
    'FLOW_INVALID',
    `${JSON.stringify(written.slice(0, 60))} is not a tag.${suggestName(name.replace(/[^A-Za-z]/g, ''), tagNames)}`,
    { hint: `Tags are ${tagNames.map((tag) => `[${tag}]`).join(' ')}.` },
  )
}

/** Marks where a value was blank, until the blanks and commas around it are mended. */
const gone = '\u0000'

/** Which of two signs stays when what stood between them is gone. */
function keepSign(before: string, after: string): string {
  if (before === '' || after === '') return before + after
  if (/[.!?]/.test(before)) return before
  return before === ':' && after === ',' ? before : after
}

const gap = /([,;:.!?]?)([ \t]*)\u0000([ \t]*)([,;:.!?]?)/

/** Closes one gap after the other from the left, so that a sign that stayed is seen by the next. */
function mendGaps(text: string): string {
  let mended = text
  for (let match = gap.exec(mended); match !== null; match = gap.exec(mended)) {
    const [whole, before = '', left = '', right = '', after = ''] = match
    const head = mended.slice(0, match.index)
    const tail = mended.slice(match.index + whole.length)
    const isStart = head === '' && before === ''
    const sign = isStart ? '' : keepSign(before, after)
    const isParted = !isStart && after === '' && left + right !== '' && /^\S/.test(tail)
    mended = `${head}${sign}${isParted ? ' ' : ''}${isStart ? tail.trimStart() : tail}`
  }
  return mended.trimEnd()
}

/** Values come from files: no control characters, no line ends, no double blanks, nothing that is read again. */
function cleanValue(value: string): string {
  return value.replace(/[\p{Cc}\p{Zl}\p{Zp}\s]+/gu, ' ').trim()
}

/** In texts that are paid by the letter, day names lose the accent that would double their price. */
function toPlainDay(tag: TagName, value: string): string {
  return tag === 'EventDate' || tag === 'EventRelativeDay' || tag === 'DateToday'
    ? value.replaceAll('á', 'a')
    : value
}

/**
 * The finished text. Values are put in once and never scanned again, so a name such as `[CaseNumber]` stays a name.
 *
 * `line` is for SMS and subjects: line ends become blanks, since a header or a carrier may read them as an end.
 */
export function renderText(
  text: ParsedText,
  facts: TextFacts,
  language: string,
  shape: 'line' | 'page',
  dates = createDateText(),
): string {
  const whole = text
    .map((part) => {
      if (typeof part === 'string') return part
      const value = cleanValue(registry[part.tag](facts, language, dates) ?? '')
      if (value === '') return gone
      const shown = shape === 'line' ? toPlainDay(part.tag, value) : value
      return part.label === null ? shown : `${part.label} ${shown}`
    })
    .join('')
  const mended = mendGaps(whole)
  // A line that held nothing but blank values leaves no hole in a letter.
  return shape === 'line' ? mended.replace(/\s+/g, ' ').trim() : mended.replace(/\n{3,}/g, '\n\n')
}
