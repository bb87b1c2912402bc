import assert from 'node:assert/strict'
import fc from 'fast-check'
import { describe, it } from 'mocha'
import { parseAmount } from '../../../src/import/values/amounts.ts'
import { isDamaged } from '../../../src/import/values/damaged.ts'
import { languageTable } from '../../../src/import/values/language-table.ts'
import { findLanguage } from '../../../src/import/values/languages.ts'
import { memoize } from '../../../src/import/values/memo.ts'
import { findRole } from '../../../src/import/values/roles.ts'
import { findStatus } from '../../../src/import/values/statuses.ts'
import {
  hasUnstorableText,
  normalizeText,
  toStorableText,
} from '../../../src/import/values/text.ts'

describe('statuses', () => {
  const cases: Record<string, readonly string[]> = {
    scheduled: ['', 'Scheduled', 'SET', 'active', 'SCHD'],
    rescheduled: ['Reset', 'Rescheduled', 'CONTINUED', 'cont', 'Postponed'],
    cancelled: ['Vacated', 'Canceled', 'Cancelled', 'CANC', 'Dismissed'],
    completed: ['Held', 'Completed'],
  }
  for (const [status, texts] of Object.entries(cases))
    it(`takes ${texts.map((text) => JSON.stringify(text)).join(', ')} as ${status}`, () => {
      for (const text of texts) assert.equal(findStatus(text), status)
    })
  it('guesses nothing for other texts', () => {
    for (const text of ['N/A', 'Setting', 'CANCELED - Waived', 'toString', '__proto__'])
      assert.equal(findStatus(text), undefined)
  })
})

describe('roles', () => {
  it('knows names and codes', () => {
    const cases: Record<string, string> = {
      Defendant: 'defendant',
      DFT: 'defendant',
      def: 'defendant',
      RESP: 'respondent',
      PET: 'petitioner',
      ATTY: 'attorney',
      VIC: 'victim',
      Victim: 'victim',
      WIT: 'witness',
      'Bail Bondsman': 'bondsman',
    }
    for (const [text, role] of Object.entries(cases)) assert.equal(findRole(text), role, text)
    assert.equal(findRole('Interpreter'), undefined)
    assert.equal(findRole('constructor'), undefined)
  })
})

describe('languages', () => {
  it('knows English and native names, ISO codes and tags', () => {
    const cases: Record<string, string> = {
      Spanish: 'es',
      SPANISH: 'es',
      Español: 'es',
      espanol: 'es',
      spa: 'es',
      ES: 'es',
      'es-MX': 'es',
      'Spanish (Mexico)': 'es',
      ENG: 'en',
      English: 'en',
      Tagalog: 'tl',
      'Tiếng Việt': 'vi',
      Vietnamese: 'vi',
      ger: 'de',
      deu: 'de',
      Русский: 'ru',
      Mandarin: 'zh',
      Cantonese: 'yue',
      'Chinese (Cantonese)': 'yue',
      'zh-TW': 'zh-Hant',
      'Haitian Creole': 'ht',
      ASL: 'ase',
      Hmong: 'hmn',
      한국어: 'ko',
    }
    for (const [text, tag] of Object.entries(cases)) assert.equal(findLanguage(text), tag, text)
  })
  it('guesses nothing', () => {
    for (const text of ['Klingon', 'Interpreter needed', 'X', 'constructor'])
      assert.equal(findLanguage(text), undefined)
  })
  it('has only well-formed tags, and no spelling for two languages', () => {
    const owners = new Map<string, string>()
    for (const [tag, spellings] of Object.entries(languageTable)) {
      // CLDR counts Tagalog as Filipino; courts ask for it by its own name.
      if (tag !== 'tl') assert.equal(Intl.getCanonicalLocales(tag)[0], tag)
      for (const text of [tag, ...spellings.split('|')]) {
        const key = text.toLowerCase()
        assert.equal(
          owners.get(key) ?? tag,
          tag,
          `${text} is in ${owners.get(key) ?? ''} and ${tag}`,
        )
        owners.set(key, tag)
        assert.equal(findLanguage(text), tag, text)
      }
    }
  })
})

describe('amounts', () => {
  const cases: Record<string, string | undefined> = {
    '125': '125.00',
    '125.5': '125.50',
    '$1,234.50': '1234.50',
    '125.0000': '125.00',
    '(12.00)': '-12.00',
    '-5': '-5.00',
    '0': '0.00',
    '$ 12.00 USD': '12.00',
    '007': '7.00',
    '1.234,50': undefined,
    '12,34': undefined,
    abc: undefined,
    '1e5': undefined,
    '12.345': undefined,
    '(12.00': undefined,
    '1234567890123': undefined,
  }
  for (const [text, amount] of Object.entries(cases))
    it(`reads ${text} as ${amount ?? 'no amount'}`, () => assert.equal(parseAmount(text), amount))
})

describe('damaged values', () => {
  it('are told from ids that only look like numbers', () => {
    for (const text of ['5.55E+09', '5.55123E+09', '1E+10', '####'])
      assert.equal(isDamaged(text), true, text)
    for (const text of ['12E10', '1E5', 'CR-1E+9', '0000123', '#1', 'E+9'])
      assert.equal(isDamaged(text), false, text)
  })
})

describe('text', () => {
  it('trims, composes and folds blanks and line ends', () => {
    assert.equal(normalizeText('  Mari\u0301a \r\n  de\u00a0 la\tCruz \u200b'), 'María de la Cruz')
  })
  it('is the same when normalised twice', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme' }), (text) => {
        assert.equal(normalizeText(normalizeText(text)), normalizeText(text))
      }),
    )
  })
  it('knows characters that cannot be stored, and shows them', () => {
    for (const text of ['a\0b', 'a\x07b', 'a\ud800b', '\x85x\x9f'])
      assert.equal(hasUnstorableText(text), true)
    for (const text of ['a\tb', 'a\r\nb', 'é', '😀', 'שלום'])
      assert.equal(hasUnstorableText(text), false)
    assert.equal(toStorableText('a\0b\ud800'), 'a\ufffdb\ufffd')
  })
})

describe('memoize', () => {
  it('works each text out once, undefined too, and forgets rather than grows', () => {
    let calls = 0
    const parse = memoize((text) => {
      calls++
      return text === 'none' ? undefined : text
    }, 2)
    assert.deepEqual(
      [parse('a'), parse('a'), parse('none'), parse('none')],
      ['a', 'a', undefined, undefined],
    )
    assert.equal(calls, 2)
    parse('b')
    parse('a')
    assert.equal(calls, 4)
  })
})
