import { z } from 'zod'
import type { EventStatus, Role } from '../records/index.ts'
import type { Offset } from './send-time.ts'

const roles = [
  'defendant',
  'respondent',
  'plaintiff',
  'petitioner',
  'attorney',
  'victim',
  'witness',
  'juror',
  'bondsman',
  'other',
] as const satisfies readonly Role[]

const statuses = [
  'scheduled',
  'rescheduled',
  'cancelled',
  'completed',
  'unknown',
] as const satisfies readonly EventStatus[]

/** Channels that a step may use. */
export const channels = ['sms', 'email'] as const
/** Over what a message goes out. */
export type Channel = (typeof channels)[number]

const triggers = [
  'created',
  'rescheduled',
  'cancelled',
  'location-changed',
  'missed',
  'payment-due',
] as const

const name = z
  .string()
  .regex(/^[a-z0-9][a-z0-9-]{0,62}$/, 'must be a name of small letters, digits and hyphens')

const offset = /^(?<count>\d{1,4}) (?<unit>week|day|hour|minute)s? (?<direction>before|after)$/

/** `3 days before` → its parts. */
function toOffset(text: string): Offset {
  const { count, unit, direction } = offset.exec(text)?.groups ?? {}
  return { count: Number(count), unit: `${unit ?? ''}s`, direction } as Offset
}

const when = z
  .string()
  .transform((text) => text.trim().replace(/\s+/g, ' '))
  .refine(
    (text) => offset.test(text),
    'must read like "7 days before": a number, weeks, days, hours or minutes, and before or after',
  )
  .transform(toOffset)

const at = z
  .string()
  .regex(/^([01]?\d|2[0-3]):[0-5]\d$/, 'must be a time of day from 00:00 to 23:59, such as "10:00"')
  .transform((text) => text.padStart(5, '0'))

const trigger = z
  .string()
  .refine(
    (text) => (triggers as readonly string[]).includes(text) || /^status:\S/.test(text),
    `must be one of ${triggers.join(', ')}, or status: with a value`,
  )

const body = z
  .string()
  .min(1, 'must not be blank')
  .max(5000, 'must not be longer than 5000 characters')
  .regex(/^[^\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f]*$/, 'must not hold control characters')

const mail = z.strictObject({ subject: body.max(200).optional(), body })

const text = z.union([
  body,
  mail,
  z.strictObject({ sms: body.optional(), email: z.union([body, mail]).optional() }),
])

const step = z
  .strictObject({
    step: name,
    when: when.optional(),
    on: trigger.optional(),
    at: at.optional(),
    channels: z.array(z.enum(channels)).min(1, 'must name at least one channel'),
    text: name,
    enabled: z.boolean().default(true),
  })
  .refine(
    ({ when, on }) => (when === undefined) !== (on === undefined),
    'must have either "when" or "on"',
  )
  .refine(
    ({ when, at }) => at === undefined || when?.unit === 'days' || when?.unit === 'weeks',
    'may have "at" only beside a "when" of days or weeks',
  )

const applies = z.strictObject({
  roles: z.array(z.enum(roles)).min(1, 'must name at least one role').default(['defendant']),
  statuses: z
    .array(z.enum(statuses))
    .min(1, 'must name at least one status')
    .default(['scheduled']),
  caseTypes: z.strictObject({ exclude: z.array(z.string().min(1)) }).default({ exclude: [] }),
})

const language = z.string().refine((tag) => {
  try {
    return Intl.getCanonicalLocales(tag)[0] === tag
  } catch {
    return false
  }
}, 'must be a language tag such as en, es or zh-Hant')

/** The shape of a flow file (YAML, version 1). Names that do not stand here are refused. */
export const flowSchema = z.strictObject({
  flow: name.min(2, 'must have at least two letters'),
  applies: applies.prefault({}),
  contacts: z.union([z.enum(['all', 'first']), z.array(z.string().min(1)).min(1)]).default('all'),
  steps: z.array(step).min(1, 'must hold at least one step'),
  texts: z.record(name, z.record(language, text)),
})

/** A flow as it stands in its file, checked, with every default in place. */
export type Flow = z.infer<typeof flowSchema>
/** One step of it. */
export type FlowStep = Flow['steps'][number]

/** A step that is counted from the event's date. */
export type FlowDateStep = FlowStep & { readonly when: Offset }

/** The steps that planning computes moments for, in the order of the file. */
export function listDateSteps(flow: Flow): FlowDateStep[] {
  return flow.steps.filter((step): step is FlowDateStep => step.enabled && step.when !== undefined)
}

/** Ten in the morning, where a step of days or weeks says nothing else. */
export const defaultAt = '10:00'

/** What a channel says in one language. */
export interface ChannelText {
  readonly subject: string | null
  readonly body: string
}

/** The words of a step for one channel and one language, or undefined when the flow has none. An e-mail without a subject has the agency's name. */
export function findText(
  flow: Flow,
  textName: string,
  channel: Channel,
  language: string,
): ChannelText | undefined {
  const given = flow.texts[textName]?.[language]
  if (given === undefined) return undefined
  const own =
    typeof given === 'string' || 'body' in given
      ? given
      : channel === 'sms'
        ? given.sms
        : given.email
  if (own === undefined) return undefined
  const { subject, body } = typeof own === 'string' ? { subject: undefined, body: own } : own
  return { subject: channel === 'email' ? (subject ?? '[AgencyName]') : null, body }
}

/** The languages of a text, as the file orders them. */
export function listLanguages(flow: Flow, textName: string, channel: Channel): string[] {
  return Object.keys(flow.texts[textName] ?? {}).filter(
    (language) => findText(flow, textName, channel, language) !== undefined,
  )
}

/**
 * The language a client is written in: what the client asks for, else its base language (`es-MX` → `es`), else the
 * agency's, else that one's base. Undefined when the step has no text in any of them: nothing is guessed.
 */
export function chooseLanguage(
  available: readonly string[],
  requested: string | null,
  agencyDefault: string,
): string | undefined {
  const base = (tag: string) => tag.split('-')[0] ?? tag
  const wishes = requested === null ? [] : [requested, base(requested)]
  return [...wishes, agencyDefault, base(agencyDefault)].find((tag) => available.includes(tag))
}
