import assert from 'node:assert/strict'
import { createAddressBook } from '../../src/sftp/address-book.ts'
import type { NewBan } from '../../src/sftp/address-book.ts'
import type { Offence } from '../../src/sftp/address-score.ts'

const minute = 60_000
const hour = 60 * minute

function openBook() {
  let now = Date.parse('2026-11-24T02:00:00Z')
  const bans: NewBan[] = []
  const book = createAddressBook({ banMinutes: 10, now: () => now, onBan: (ban) => bans.push(ban) })
  return {
    book,
    bans,
    pass: (ms: number) => (now += ms),
    repeat(times: number, offence: Offence, network = '203.0.113.9', name?: string) {
      for (let index = 0; index < times; index++) book.blame(network, offence, name)
    },
    isBanned: (network = '203.0.113.9') => book.standing(network).isBanned,
  }
}

/** How often it takes until the ban. */
function triesUntilBan(offence: Offence, pauseMs: number, most: number): number | undefined {
  const { book, pass, isBanned } = openBook()
  for (let tries = 1; tries <= most; tries++) {
    book.blame('203.0.113.9', offence)
    if (isBanned()) return tries
    pass(pauseMs)
  }
  return undefined
}

describe('address book', () => {
  it('bans who sends garbage after a few tries, who guesses passwords a little later, who shows wrong keys much later', () => {
    assert.equal(triesUntilBan('garbage', 100, 100), 5)
    assert.equal(triesUntilBan('password', 100, 100), 7)
    assert.equal(triesUntilBan('sign-in', 100, 100), 21)
    assert.equal(triesUntilBan('silent', 100, 100), 21)
    assert.ok((triesUntilBan('sign-in-again', 100, 1000) ?? 0) > 100)
  })

  it('never bans a job that tries every minute with a wrong key, or a monitor that connects every minute', () => {
    assert.equal(triesUntilBan('sign-in', minute, 5000), undefined)
    assert.equal(triesUntilBan('silent', 10_000, 5000), undefined)
    assert.equal(triesUntilBan('no-sign-in', minute, 5000), undefined)
  })

  it('counts each further account name, whether it exists or not, and not the first', () => {
    const { book, isBanned } = openBook()
    for (let index = 0; index < 6; index++) book.blame('203.0.113.9', 'sign-in', 'acme')
    assert.equal(isBanned(), false)
    for (const name of ['root', 'admin', 'test', 'oracle', 'ubuntu'])
      book.blame('203.0.113.9', 'sign-in', name)
    assert.equal(isBanned(), true)
  })

  it('lets half of the points go every five minutes', () => {
    const { repeat, pass, isBanned } = openBook()
    repeat(19, 'sign-in')
    pass(5 * minute)
    repeat(10, 'sign-in')
    assert.equal(isBanned(), false)
    repeat(1, 'sign-in')
    assert.equal(isBanned(), true)
  })

  it('doubles each ban up to a day, and forgets old ones after a week', () => {
    const { bans, repeat, pass, isBanned } = openBook()
    const lengths: number[] = []
    for (let index = 0; index < 10; index++) {
      const from = bans.length
      repeat(10, 'garbage')
      assert.equal(bans.length, from + 1)
      let waited = 0
      while (isBanned()) waited += pass(minute) > 0 ? 1 : 0
      lengths.push(waited)
      pass(hour)
    }
    assert.deepEqual(lengths, [10, 20, 40, 80, 160, 320, 640, 1280, 1440, 1440])
    pass(8 * 24 * hour)
    repeat(10, 'garbage')
    assert.equal(bans.at(-1)?.number, 1)
  })

  it('does not lengthen a ban while it lasts', () => {
    const { bans, repeat } = openBook()
    repeat(100, 'garbage')
    assert.equal(bans.length, 1)
  })

  it('slows an address with a good sign-in within a day, and never bans it', () => {
    const { book, repeat, pass, isBanned } = openBook()
    book.praise('203.0.113.9')
    pass(24 * hour)
    repeat(100, 'garbage')
    assert.deepEqual(book.standing('203.0.113.9'), {
      isBanned: false,
      isKnown: true,
      isSlowed: true,
    })
    pass(3 * hour)
    assert.equal(isBanned(), false)
    repeat(100, 'garbage')
    assert.equal(isBanned(), true)
  })

  it('knows weekly senders, and forgets them then', () => {
    const { book, pass } = openBook()
    book.praise('203.0.113.9')
    pass(7 * 24 * hour)
    assert.equal(book.standing('203.0.113.9').isKnown, true)
    pass(2 * 24 * hour)
    assert.equal(book.standing('203.0.113.9').isKnown, false)
  })

  it('keeps a bounded number of addresses, and the banned ones and the known ones among them', () => {
    const { book, repeat, isBanned } = openBook()
    repeat(5, 'garbage', '198.51.100.1')
    book.praise('198.51.100.2')
    for (let index = 0; index < 70_000; index++)
      book.blame(`10.${index >> 16}.${(index >> 8) & 255}.${index & 255}`, 'silent')
    assert.equal(isBanned('198.51.100.1'), true)
    assert.equal(book.standing('198.51.100.2').isKnown, true)
    let changes = 0
    for (let part = book.takeChanges(10_000); part.length > 0; part = book.takeChanges(10_000))
      changes += part.length
    assert.ok(changes <= 65_536 && changes > 60_000, `${changes}`)
  })

  it('gives changes once, and again when they could not be saved', () => {
    const { book, repeat } = openBook()
    repeat(2, 'garbage')
    const first = book.takeChanges(10)
    assert.deepEqual(
      first.map(({ network, points, reason }) => ({ network, points, reason })),
      [{ network: '203.0.113.9', points: 10, reason: 'garbage' }],
    )
    assert.deepEqual(book.takeChanges(10), [])
    repeat(1, 'silent')
    book.putBack(first)
    const [again] = book.takeChanges(10)
    assert.equal(again?.points, 11)
    assert.equal(again.reason, 'silent')
  })

  it('takes over what other servers and people have written, and adds what is still on its way there', () => {
    const { book, repeat, pass, isBanned } = openBook()
    repeat(10, 'garbage')
    assert.equal(isBanned(), true)
    const at = pass(0)
    const row = { network: '203.0.113.9', scoredAt: at, bans: 0, lastReason: null, lastLoginAt: 0 }
    book.takeChanges(10)
    book.learn([{ ...row, score: 0, bannedUntil: 0 }])
    assert.equal(isBanned(), false)
    repeat(3, 'garbage')
    book.learn([{ ...row, score: 4, bannedUntil: 0 }])
    assert.equal(isBanned(), false)
    repeat(1, 'garbage')
    assert.equal(isBanned(), true)
    book.learn([{ ...row, network: '198.51.100.7', score: 30, bannedUntil: at + hour }])
    assert.equal(isBanned('198.51.100.7'), true)
  })
})
