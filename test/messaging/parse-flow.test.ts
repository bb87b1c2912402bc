import assert from 'node:assert/strict'
import { describe, it } from 'mocha'
import { UsageError } from '../../src/errors/index.ts'
import { defaultFlow } from '../../src/messaging/default-flow.ts'
import { chooseLanguage, findText, listDateSteps } from '../../src/messaging/flow.ts'
import { parseFlow } from '../../src/messaging/parse-flow.ts'
import { createExample, previewFlow } from '../../src/messaging/preview.ts'
import { countSegments } from '../../src/messaging/segments.ts'

const contract = `
flow: hearing-reminders
applies: { roles: [defendant], statuses: [scheduled], caseTypes: { exclude: [juvenile, sealed] } }
contacts: all              # all | first; labels work and fax are left out unless named
steps:
  - { step: day-7, when: 7 days before, at: "10:00", channels: [sms, email], text: reminder-7 }
  - { step: changed, on: rescheduled, channels: [sms, email], text: changed }
  - { step: cancelled, on: cancelled, channels: [sms], text: cancelled }
  - { step: hours-2, when: 2 hours before, channels: [sms], text: today, enabled: false }
texts:
  reminder-7: { en: "[AgencyName]: [ClientFirstName], you have court [EventDate] at [EventTime] …", es: "…" }
  changed: { en: { subject: "[AgencyName]", body: changed } }
  cancelled: { en: { sms: cancelled, email: { subject: s, body: b } } }
  today: { en: today }
`

const minimal = (changes: Record<string, string> = {}) =>
  Object.entries({
    flow: 'reminders',
    steps: '[{ step: a, when: 1 day before, channels: [sms], text: t }]',
    texts: '{ t: { en: "hello" } }',
    ...changes,
  })
    .map(([key, value]) => `${key}: ${value}`)
    .join('\n')

function refusal(yaml: string): string {
  let message = ''
  assert.throws(
    () => parseFlow(yaml),
    (error) => {
      assert.ok(error instanceof UsageError, String(error))
      assert.equal(error.code, 'FLOW_INVALID')
      assert.notEqual(error.hint, '')
      message = error.message
      return true
    },
  )
  return message
}

const stepWith = (text: string) =>
  minimal({ steps: `[{ step: a, channels: [sms], text: t, ${text} }]` })

describe('a flow file', () => {
  it('is read as the contract writes it', () => {
    const flow = parseFlow(contract)
    assert.deepEqual(flow.steps[0]?.when, { count: 7, unit: 'days', direction: 'before' })
    assert.deepEqual(
      listDateSteps(flow).map(({ step }) => step),
      ['day-7'],
    )
    assert.deepEqual(findText(flow, 'changed', 'email', 'en'), {
      subject: '[AgencyName]',
      body: 'changed',
    })
    assert.deepEqual(findText(flow, 'cancelled', 'sms', 'en'), { subject: null, body: 'cancelled' })
    assert.deepEqual(findText(flow, 'today', 'email', 'en'), {
      subject: '[AgencyName]',
      body: 'today',
    })
  })

  it('has safe defaults', () => {
    const flow = parseFlow(minimal())
    assert.deepEqual(flow.applies, {
      roles: ['defendant'],
      statuses: ['scheduled'],
      caseTypes: { exclude: [] },
    })
    assert.equal(flow.contacts, 'all')
    assert.equal(flow.steps[0]?.enabled, true)
  })

  it('reads every unit and direction, and times without quotes', () => {
    for (const when of ['1 day before', '2 weeks after', '90 minutes before', '1 hour before'])
      assert.ok(parseFlow(stepWith(`when: ${when}`)))
    assert.equal(parseFlow(stepWith('when: 1 day before, at: 9:05')).steps[0]?.at, '09:05')
  })

  it('takes all triggers', () => {
    for (const on of [
      'created',
      'rescheduled',
      'cancelled',
      'location-changed',
      '"status:Continued"',
      'missed',
      'payment-due',
    ])
      assert.ok(parseFlow(stepWith(`on: ${on}`)))
  })

  it('names an unknown key and the nearest right one, wherever it stands', () => {
    assert.match(refusal(minimal({ contact: 'all' })), /"contact".*Did you mean "contacts"\?/)
    assert.match(
      refusal(stepWith('when: 1 day before, chanels: [sms]')),
      /"steps\[0\]".*"chanels".*Did you mean "channels"\?/,
    )
    assert.match(refusal(minimal({ applies: '{ role: [victim] }' })), /Did you mean "roles"\?/)
    assert.match(
      refusal(minimal({ texts: '{ t: { en: { subjct: a, body: b } } }' })),
      /Did you mean "subject"\?/,
    )
  })

  it('names a wrong value and the nearest right one', () => {
    assert.match(refusal(minimal({ applies: '{ roles: [defendent] }' })), /"defendant"\?/)
    assert.match(
      refusal(minimal({ steps: '[{ step: a, when: 1 day before, channels: [smss], text: t }]' })),
      /"steps\[0\]\.channels\[0\]".*"sms"\?/,
    )
    assert.match(refusal(stepWith('when: 3 fortnights before')), /7 days before/)
    assert.match(refusal(stepWith('when: 1 day before, at: "25:00"')), /23:59/)
    assert.match(refusal(stepWith('on: whenever')), /location-changed/)
    assert.match(refusal(minimal({ flow: 'Hearing Reminders' })), /small letters/)
  })

  it('needs either "when" or "on", and "at" only with days', () => {
    assert.match(refusal(stepWith('enabled: true')), /either "when" or "on"/)
    assert.match(refusal(stepWith('when: 1 day before, on: created')), /either/)
    assert.match(refusal(stepWith('when: 2 hours before, at: "10:00"')), /days or weeks/)
  })

  it('names what is missing', () => {
    assert.match(refusal('flow: reminders'), /"steps" is missing/)
    assert.match(refusal(''), /flow file/i)
  })

  it('finds texts that are missing, tags that are unknown, and channels that nothing is said for', () => {
    assert.match(refusal(minimal({ texts: '{ tt: { en: a } }' })), /"t".*not among "texts"/)
    assert.match(
      refusal(minimal({ texts: '{ t: { en: "[EventDat]" } }' })),
      /texts\.t\.en.*Did you mean "EventDate"\?/,
    )
    assert.match(refusal(minimal({ texts: '{ t: { en: { email: a } } }' })), /says nothing for sms/)
    assert.match(refusal(minimal({ texts: '{ t: { english_: a } }' })), /language tag/)
  })

  it('refuses two steps of one name, broken YAML with its line, and a huge file', () => {
    const twice = '{ step: a, when: 1 day before, channels: [sms], text: t }'
    assert.match(refusal(minimal({ steps: `[${twice}, ${twice}]` })), /as an earlier step/)
    assert.match(refusal('flow: a\nsteps: ]'), /line 2/)
    assert.match(refusal(`flow: ${'x'.repeat(300_000)}`), /256 KiB/)
  })
})

describe('the default flow', () => {
  const flow = parseFlow(defaultFlow)

  it('has the steps of the design, with the morning text off', () => {
    assert.deepEqual(
      flow.steps.map(({ step, enabled }) => `${step}${enabled ? '' : ' (off)'}`),
      ['created', 'day-7', 'day-3', 'day-1', 'morning-of (off)', 'changed', 'cancelled', 'missed'],
    )
  })

  it('says everything in English and Spanish, in at most two segments, Spanish in GSM-7', () => {
    const now = new Date('2026-11-23T12:00:00Z')
    const example = createExample('America/Chicago', now)
    const agency = { name: 'Example County Court', helpPhone: '512-555-0100' }
    const texts = previewFlow(flow, agency, example, now)
    for (const { step, channels } of flow.steps) {
      for (const channel of channels) {
        const own = texts.filter((one) => one.step === step && one.channel === channel)
        assert.deepEqual(own.map(({ language }) => language).toSorted(), ['en', 'es'])
      }
    }
    for (const { text, segments, channel, step, language } of texts) {
      assert.doesNotMatch(text, /\[|\]| {2}|undefined|null/)
      if (channel !== 'sms') continue
      assert.doesNotMatch(text, /[áíóúÁÍÓÚ]/, text)
      assert.match(text, /STOP/)
      assert.ok(segments <= 2, `${step} ${language}: ${segments}`)
      assert.equal(segments, countSegments(text))
    }
  })

  it('reads well when the place, the time and the number to call are not known', () => {
    const now = new Date('2026-11-23T12:00:00Z')
    const example = {
      ...createExample('America/Chicago', now),
      local_time: null,
      starts_at: null,
      location: null,
      room: null,
      case_number: null,
    }
    const texts = previewFlow(flow, { name: 'Example Court', helpPhone: null }, example, now)
    for (const { text } of texts) {
      assert.doesNotMatch(text, / [,.;:!?]|[,;:] *[,.;:!?]|\. *\.|\n{3}|(Help|Ayuda):/, text)
    }
  })
})

describe('the language of a message', () => {
  it('falls back from the region to the language, then to the agency, then to nothing', () => {
    assert.equal(chooseLanguage(['en', 'es'], 'es-MX', 'en'), 'es')
    assert.equal(chooseLanguage(['en', 'es'], 'vi', 'en'), 'en')
    assert.equal(chooseLanguage(['en', 'es'], null, 'es'), 'es')
    assert.equal(chooseLanguage(['en'], 'vi', 'es'), undefined)
  })
})
