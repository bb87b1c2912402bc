import assert from 'node:assert/strict'
import { describe, it } from 'mocha'
import { parseEmail, splitEmails } from '../../../src/import/values/emails.ts'
import { isNoValue } from '../../../src/import/values/no-value.ts'
import { parsePhone, splitPhones } from '../../../src/import/values/phones.ts'

function phones(cell: string, region = 'US'): string[] {
  return splitPhones(cell, null).map((part) => {
    const { address, extension, label, status, warning } = parsePhone(part, region, null)
    return [address, extension, label, status === 'valid' ? null : warning]
      .filter((value) => value !== null)
      .join(' ')
  })
}

describe('phones', () => {
  const cases: Record<string, string[]> = {
    '(512) 555-0142': ['+15125550142'],
    '5125550142': ['+15125550142'],
    '15125550142': ['+15125550142'],
    '1-512-555-0142': ['+15125550142'],
    '+1 512 555 0142': ['+15125550142'],
    '512.555.0143 x12': ['+15125550143 12'],
    '512-555-0143 ext. 7': ['+15125550143 7'],
    '+52 55 1234 5678': ['+525512345678'],
    '011 52 55 1234 5678': ['+525512345678'],
    '512-555-0142; 512-555-0143': ['+15125550142', '+15125550143'],
    '512-555-0142 / 512-555-0143': ['+15125550142', '+15125550143'],
    '512-555-0142 or 512-555-0143': ['+15125550142', '+15125550143'],
    'N/A / 512-555-0142': ['+15125550142'],
    '512-632-2433(W)': ['+15126322433 work'],
    'Cell: 512-555-0142': ['+15125550142 cell'],
    'N/A': [],
    'No Phone': [],
    '( ) -': [],
    '-': [],
    '555-0142': ['555-0142 ROW_PHONE_INVALID'],
    '555-123-4567': ['555-123-4567 ROW_PHONE_INVALID'],
    '000-000-0000': ['000-000-0000 ROW_PHONE_INVALID'],
    'call mother': ['call mother ROW_PHONE_INVALID'],
    '5.12556E+09': ['5.12556E+09 ROW_VALUE_DAMAGED'],
  }
  for (const [cell, expected] of Object.entries(cases))
    it(`reads ${JSON.stringify(cell)}`, () => assert.deepEqual(phones(cell), expected))

  it('reads numbers without a country code in the agency’s region', () => {
    assert.deepEqual(phones('55 1234 5678', 'MX'), ['+525512345678'])
  })

  it('splits at the mark of the template instead of the usual ones', () => {
    assert.deepEqual(splitPhones('512-555-0142|512-555-0143', '|').length, 2)
  })
})

describe('e-mails', () => {
  const emails = (cell: string) =>
    splitEmails(cell, null).map((part) => {
      const { address, warning } = parseEmail(part, null)
      return warning === null ? address : `${address} ${warning}`
    })
  const cases: Record<string, string[]> = {
    'Maria@Example.COM': ['maria@example.com'],
    'a@b.org; C@d.org': ['a@b.org', 'c@d.org'],
    'a@b.org,c@d.org': ['a@b.org', 'c@d.org'],
    'josé@müller.de': ['josé@müller.de'],
    "o'brien+court@mail.example.co.uk": ["o'brien+court@mail.example.co.uk"],
    'not-an-address': ['not-an-address ROW_EMAIL_INVALID'],
    'Not@': ['Not@ ROW_EMAIL_INVALID'],
    'a@localhost': ['a@localhost ROW_EMAIL_INVALID'],
    'a..b@c.org': ['a..b@c.org ROW_EMAIL_INVALID'],
    'a b@c.org': ['a b@c.org ROW_EMAIL_INVALID'],
    'a@1.2.3.4': ['a@1.2.3.4 ROW_EMAIL_INVALID'],
    NONE: [],
    'n/a': [],
  }
  for (const [cell, expected] of Object.entries(cases))
    it(`reads ${JSON.stringify(cell)}`, () => assert.deepEqual(emails(cell), expected))
})

describe('no value', () => {
  it('knows the words and the punctuation that mean nothing is there', () => {
    for (const text of [
      '',
      ' ',
      'N/A',
      'na',
      'None',
      'NULL',
      'Unknown',
      '-',
      '--',
      'No Phone',
      'refused',
      '( ) -',
      '(   )    -    ',
      '(___) ___-____',
    ])
      assert.equal(isNoValue(text), true, text)
  })
  it('takes everything else as a value', () => {
    for (const text of ['0', 'Nancy', 'NAA', 'x', '0000123'])
      assert.equal(isNoValue(text), false, text)
  })
})
