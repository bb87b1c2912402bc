import assert from 'node:assert/strict'
import {
  assertAddresses,
  assertLanguage,
  assertReview,
} from '../../src/agencies/agency-settings.ts'
import { assertAlias } from '../../src/agencies/alias.ts'
import { assertLine, assertName } from '../../src/agencies/names.ts'
import { assertNetworks } from '../../src/agencies/networks.ts'
import { assertTimeZone } from '../../src/agencies/time-zone.ts'
import { UsageError } from '../../src/errors/index.ts'

function refuse(act: () => unknown): UsageError {
  try {
    act()
  } catch (error) {
    assert.ok(error instanceof UsageError)
    assert.equal(error.code, 'USAGE_INVALID')
    assert.notEqual(error.hint, '')
    return error
  }
  throw new assert.AssertionError({ message: 'it was taken' })
}

describe('a name', () => {
  it('has 2 to 63 lower-case letters, digits and hyphens', () => {
    for (const name of ['ab', '0a', 'maricopa-justice', 'a'.repeat(63)])
      assert.equal(assertName('agency', name), name)
  })

  it('is refused otherwise', () => {
    for (const name of [
      '',
      'a',
      '-ab',
      'Ab',
      'a_b',
      'a b',
      '../x',
      'a/b',
      'ab\n',
      'a'.repeat(64),
      'é1',
    ])
      refuse(() => assertName('agency', name))
  })

  it('is refused with one that would do', () => {
    assert.match(refuse(() => assertName('agency', 'Doña Ana County!')).hint, /dona-ana-county,/)
    assert.match(refuse(() => assertName('account', '??')).hint, /short name/)
  })
})

describe('a line of text', () => {
  it('is trimmed', () => assert.equal(assertLine('The name', '  Pima County ', 20), 'Pima County'))

  it('is refused when blank, too long, or with control characters', () => {
    for (const text of ['', '  ', 'x'.repeat(21), 'a\nb', 'a\0b', 'a\u2028b', '\ud800'])
      refuse(() => assertLine('The name', text, 20))
  })
})

describe('a time zone', () => {
  it('is the name of a region, in its own spelling', () => {
    assert.equal(assertTimeZone('America/Chicago'), 'America/Chicago')
    assert.equal(assertTimeZone('america/new_york'), 'America/New_York')
    assert.equal(assertTimeZone('America/Indiana/Knox'), 'America/Indiana/Knox')
    assert.equal(assertTimeZone('Europe/Kyiv'), 'Europe/Kyiv')
    assert.equal(assertTimeZone('US/Central'), 'US/Central')
  })

  const wrong: [string, string][] = [
    ['EST', 'America/New_York'],
    ['CST6CDT', 'America/Chicago'],
    ['MST', 'America/Denver'],
    ['PDT', 'America/Los_Angeles'],
    ['Pacific Standard Time', 'America/Los_Angeles'],
    ['America/Chicgo', 'America/Chicago'],
    ['Etc/GMT+5', 'America/Chicago'],
    ['UTC', 'America/Chicago'],
    ['-05:00', 'America/Chicago'],
    ['+05:30', 'America/Chicago'],
    ['', 'America/Chicago'],
  ]
  for (const [zone, hint] of wrong) {
    it(`is refused as ${JSON.stringify(zone)}, with ${hint} as a hint`, () => {
      assert.ok(refuse(() => assertTimeZone(zone)).hint.includes(hint))
    })
  }
})

describe('an alias', () => {
  it('is an absolute folder', () => {
    assert.equal(assertAlias('/home/ubuntu'), '/home/ubuntu')
    assert.equal(assertAlias('/Court Files/in'), '/Court Files/in')
  })

  it('is refused when relative, unclean, or one of the account’s own folders', () => {
    for (const alias of [
      '',
      '/',
      'home',
      '/a/',
      '//a',
      '/a//b',
      '/a/../b',
      '/./a',
      '/a/.',
      '/a\0',
      'C:\\x',
      '/a\\b',
      '/inbox',
      '/processed/x',
      `/${'x'.repeat(256)}`,
    ])
      refuse(() => assertAlias(alias))
  })
})

describe('networks', () => {
  it('are addresses or CIDR, each once', () => {
    assert.deepEqual(
      assertNetworks(['203.0.113.7', '203.0.113.0/24', ' 2001:DB8::/32', '203.0.113.7/32']),
      ['203.0.113.7/32', '203.0.113.0/24', '2001:db8::/32'],
    )
  })

  it('are refused otherwise', () => {
    for (const network of [
      '',
      'court.example.org',
      '1.2.3',
      '1.2.3.4/33',
      '::1/129',
      '1.2.3.4/',
      '1.2.3.4/8/8',
      'fe80::1%eth0',
    ])
      refuse(() => assertNetworks(['10.0.0.0/8', network]))
  })
})

describe('settings of an agency', () => {
  it('take a review of off, all or a number of files', () => {
    assert.equal(assertReview('off'), 'off')
    assert.equal(assertReview(' First:12 '), 'first:12')
    for (const review of ['', 'first', 'first:0', 'first:-1', 'first:1.5', 'first:99999', 'none'])
      refuse(() => assertReview(review))
  })

  it('take a language by its tag', () => {
    assert.equal(assertLanguage('ES'), 'es')
    assert.equal(assertLanguage('zh-hant'), 'zh-Hant')
    for (const language of ['', 'Spanish language', '??']) refuse(() => assertLanguage(language))
  })

  it('take phones and e-mail addresses as contacts are stored, without repeating a wrong one', () => {
    assert.deepEqual(
      assertAddresses(['(602) 555-0100', '+1 602 555 0100', 'Clerk@Example.ORG'], 'US'),
      ['+16025550100', 'clerk@example.org'],
    )
    const error = refuse(() => assertAddresses(['602-555-0100', '12345x'], 'US'))
    assert.match(error.message, /Number 2/)
    assert.ok(!error.message.includes('12345x'))
  })
})
