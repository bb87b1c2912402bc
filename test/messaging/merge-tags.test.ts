import assert from 'node:assert/strict'
import { describe, it } from 'mocha'
import fc from 'fast-check'
import { UsageError } from '../../src/errors/index.ts'
import { parseText, renderText } from '../../src/messaging/merge-tags.ts'
import type { TextFacts } from '../../src/messaging/merge-tags.ts'
import { toTitleCase } from '../../src/messaging/title-case.ts'

const facts: TextFacts = {
  agencyName: 'Example County Court',
  helpPhone: '512-555-0100',
  clientReference: '0000123',
  firstName: 'ANA',
  lastName: 'RIVERA-O’BRIEN',
  fullName: 'RIVERA-O’BRIEN, ANA',
  localDate: '2026-03-09',
  localTime: '09:00:00',
  eventReference: 'H-1',
  eventType: 'Arraignment',
  eventStatus: 'Scheduled',
  location: 'Main Courthouse',
  room: 'Rm 302',
  judge: 'LEE, PAT',
  caseNumber: 'CR-1',
  caseType: 'criminal',
  sentOn: '2026-03-08',
  sentTime: '10:00',
}

function render(
  text: string,
  changes: Partial<TextFacts> = {},
  language = 'en',
  shape: 'line' | 'page' = 'line',
): string {
  return renderText(parseText(text), { ...facts, ...changes }, language, shape)
}

describe('merge tags', () => {
  it('print dates and times as the language writes them', () => {
    assert.equal(render('[EventDate] [EventTime]'), 'Mon Mar 9 9:00 AM')
    assert.equal(render('[EventDate] [EventTime]', {}, 'es'), 'lun 9 mar 9:00 AM')
    assert.equal(render('[EventTime]', { localTime: '00:05' }), '12:05 AM')
    assert.equal(render('[EventTime]', { localTime: '12:30' }), '12:30 PM')
    assert.equal(render('[EventDate]', { localDate: '2026-09-14' }, 'es-MX'), 'lun 14 sep')
  })

  it('keep Spanish Saturdays in GSM-7 in a text, and correct in an e-mail', () => {
    const saturday = { localDate: '2026-03-14' }
    assert.equal(render('[EventDate]', saturday, 'es'), 'sab 14 mar')
    assert.equal(render('[EventDate]', saturday, 'es', 'page'), 'sáb 14 mar')
  })

  it('say today and tomorrow by the day of sending', () => {
    const day = (sentOn: string, language = 'en') =>
      render('[EventRelativeDay]', { sentOn }, language)
    assert.deepEqual(
      ['2026-03-09', '2026-03-08', '2026-03-06', '2026-03-02', '2026-03-10'].map((on) => day(on)),
      ['TODAY', 'TOMORROW', 'Monday', 'Mon Mar 9', 'Mon Mar 9'],
    )
    assert.deepEqual(
      ['2026-03-09', '2026-03-08', '2026-03-06'].map((on) => day(on, 'es')),
      ['HOY', 'MAÑANA', 'lunes'],
    )
    assert.equal(day('2026-03-09', 'fr'), 'AUJOURD’HUI')
  })

  it('show all-capital names in title case and others as they are', () => {
    assert.equal(render('[ClientFirstName] [ClientLastName]'), 'Ana Rivera-O’Brien')
    assert.equal(render('[ClientFirstName]', { firstName: 'deShawn' }), 'deShawn')
    assert.deepEqual(
      ["O'BRIEN", 'MCDONALD', 'SMITH III', 'ACME LLC', 'J', 'JOSÉ NÚÑEZ'].map(toTitleCase),
      ["O'Brien", 'McDonald', 'Smith III', 'Acme LLC', 'J', 'José Núñez'],
    )
  })

  it('call a body without a first name by its whole name, and nobody by a reference', () => {
    assert.equal(
      render('Hi [ClientFirstName]!', { firstName: null, fullName: 'ACME LLC' }),
      'Hi Acme LLC!',
    )
    assert.equal(render('Hi [ClientFirstName]!', { firstName: null, fullName: '0000123' }), 'Hi!')
  })

  it('vanish with their label, their blanks and their commas when the value is blank', () => {
    const gone = { localTime: null, location: null, room: null, helpPhone: null }
    assert.equal(
      render('Court [EventDate] [%at% EventTime], [LocationName] [Courtroom]. Go.', gone),
      'Court Mon Mar 9. Go.',
    )
    assert.equal(
      render('Court [EventDate], [EventTime], [LocationName] [Courtroom]. Go.', {
        localTime: null,
        room: null,
      }),
      'Court Mon Mar 9, Main Courthouse. Go.',
    )
    assert.equal(render('Go. [%Help:% HelpPhone]. STOP to end', gone), 'Go. STOP to end')
    assert.equal(render('Call [HelpPhone] now', gone), 'Call now')
    assert.equal(render('[HelpPhone], now', gone), 'now')
    assert.equal(
      render('[AgencyName]: [ClientFirstName], go', { firstName: null, fullName: '0000123' }),
      'Example County Court: go',
    )
    assert.equal(render('[HelpPhone]', gone), '')
  })

  it('print a label, a blank and the value', () => {
    assert.equal(render('[%Case:% CaseNumber]'), 'Case: CR-1')
  })

  it('put values in once and never read them again', () => {
    const evil = { firstName: '[CaseNumber]', location: '[%x% JudgeName] $& $1 \\n' }
    assert.equal(
      render('[ClientFirstName] [LocationName]', evil),
      '[CaseNumber] [%x% JudgeName] $& $1 \\n',
    )
  })

  it('let no line end, control character or run of blanks out of a value', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 60 }), (name) => {
        for (const shape of ['line', 'page'] as const) {
          const text = render('a [LocationName] b', { location: name }, 'en', shape)
          assert.ok(text.startsWith('a ') && text.endsWith(' b'))

          assert.doesNotMatch(text, /[\u0000-\u001f\u007f\u2028\u2029]| {2}/)
        }
      }),
    )
  })

  it('keep the lines of an e-mail and none of a text message', () => {
    assert.equal(render('a\n\n[LocationName]\nb', {}, 'en', 'page'), 'a\n\nMain Courthouse\nb')
    assert.equal(render('a\r\n\r\n[LocationName]\nb'), 'a Main Courthouse b')
  })

  it('are refused when unknown, with the nearest one', () => {
    for (const [text, near] of [
      ['Hi [ClientFristName]', 'ClientFirstName'],
      ['Hi [clientfirstname]', 'ClientFirstName'],
      ['Hi [Client First Name]', 'ClientFirstName'],
      ['Hi [%Case% CaseNumbr]', 'CaseNumber'],
    ] as const) {
      assert.throws(
        () => parseText(text),
        (error) =>
          error instanceof UsageError &&
          error.code === 'FLOW_INVALID' &&
          error.message.includes(`Did you mean "${near}"?`),
      )
    }
    assert.throws(() => parseText('[constructor]'), UsageError)
    assert.throws(() => parseText('[%Case%CaseNumber]'), UsageError, 'the blank is part of it')
  })
})
