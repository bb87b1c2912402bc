import assert from 'node:assert/strict'
import { createConnectionCaps } from '../../src/sftp/connection-caps.ts'
import type { Guest } from '../../src/sftp/connection-caps.ts'

const limits = {
  maxConnections: 500,
  maxConnectionsPerAccount: 3,
  maxUnauthenticated: 100,
  maxUnauthenticatedPerAddress: 10,
}

function openCaps(settings: Partial<typeof limits> = {}) {
  let now = 1000
  let chance = 0.999
  const caps = createConnectionCaps({
    settings: { ...limits, ...settings },
    now: () => now,
    random: () => chance,
  })
  const gone: Guest[] = []
  function come(network: string, isKnown = false): Guest | string {
    const reached = caps.findRoom(network, isKnown)
    if (reached !== undefined) return reached
    const guest: Guest = {
      network,
      isKnown,
      at: now,
      hasGreeted: false,
      account: undefined,
      giveWay: () => void gone.push(guest),
    }
    caps.enter(guest)
    return guest
  }
  return {
    caps,
    gone,
    come,
    greet(network: string, isKnown = false): Guest {
      const guest = come(network, isKnown)
      assert.ok(typeof guest !== 'string', 'no room')
      guest.hasGreeted = true
      return guest
    },
    pass: (ms: number) => (now += ms),
    setChance: (given: number) => (chance = given),
  }
}

const address = (index: number) => `10.0.${index >> 8}.${index & 255}`

describe('connection caps', () => {
  it('hold the connections of one address that have not signed in, and let others in', () => {
    const { come, greet } = openCaps()
    for (let index = 0; index < 10; index++) greet('203.0.113.9')
    assert.equal(come('203.0.113.9'), 'unauthenticated-per-address')
    greet('203.0.113.8')
  })

  it('end the oldest silent connection of an address for its next one', () => {
    const { come, greet, gone } = openCaps()
    const first = come('203.0.113.9') as Guest
    for (let index = 0; index < 9; index++) greet('203.0.113.9')
    greet('203.0.113.9')
    assert.deepEqual(gone, [first])
    assert.equal(come('203.0.113.9'), 'unauthenticated-per-address')
  })

  it('end who has greeted and dawdles, only when there is no silent one', () => {
    const { come, greet, gone, pass } = openCaps({ maxUnauthenticatedPerAddress: 2 })
    const dawdling = greet('203.0.113.9')
    pass(6000)
    const silent = come('203.0.113.9') as Guest
    pass(100)
    greet('203.0.113.9')
    assert.deepEqual(gone, [silent])
    greet('203.0.113.9')
    assert.deepEqual(gone, [silent, dawdling])
  })

  it('drop strangers at random from half of the room on, and all of them when theirs is full', () => {
    const { come, greet, setChance } = openCaps()
    setChance(0)
    for (let index = 0; index < 50; index++) greet(address(index))
    assert.equal(come(address(50)), 'unauthenticated')
    setChance(0.999)
    for (let index = 50; index < 75; index++) greet(address(index))
    assert.equal(come(address(75)), 'unauthenticated')
  })

  it('drop more and more of them', () => {
    const { caps, greet, setChance } = openCaps()
    const dropped = (): number =>
      Array.from({ length: 100 }, (_, at) => {
        setChance(at / 100)
        return caps.findRoom('198.51.100.1', false)
      }).filter((reached) => reached !== undefined).length
    const shares: number[] = []
    for (let index = 0; index < 75; index++) {
      setChance(0.999)
      greet(address(index))
      if (index % 12 === 0) shares.push(dropped())
    }
    assert.deepEqual(shares.slice(0, 5), [0, 0, 0, 0, 0])
    assert.ok(shares[5]! > 0 && shares[6]! > shares[5]!, shares.join())
  })

  it('keep room that strangers cannot take for addresses that signed in well', () => {
    const { come, greet } = openCaps()
    for (let index = 0; index < 75; index++) greet(address(index))
    assert.equal(come(address(75)), 'unauthenticated')
    for (let index = 0; index < 25; index++) greet(`192.0.2.${index}`, true)
    assert.equal(come('192.0.2.99', true), 'unauthenticated')
  })

  it('end silent strangers, never silent known ones, for a newcomer', () => {
    const { come, gone, pass } = openCaps()
    const known = come('192.0.2.1', true)
    pass(10)
    const strangers = Array.from({ length: 75 }, (_, index) => come(address(index)))
    pass(100)
    assert.equal(typeof come('192.0.2.2'), 'object')
    assert.equal(gone[0], strangers[0])
    assert.ok(!gone.includes(known as Guest))
  })

  it('hold all connections, with a tenth that strangers cannot take', () => {
    const { caps, come, greet } = openCaps({ maxConnections: 20, maxConnectionsPerAccount: 100 })
    for (let index = 0; index < 18; index++) caps.admit(greet(address(index)), 'acme')
    assert.equal(come('203.0.113.9'), 'connections')
    greet('192.0.2.1', true)
    greet('192.0.2.1', true)
    assert.equal(come('192.0.2.1', true), 'connections')
    assert.deepEqual(caps.counts(), { connections: 20, unauthenticated: 2 })
  })

  it('hold the connections of one account', () => {
    const { caps, greet } = openCaps()
    const guests = Array.from({ length: 4 }, (_, index) => greet(address(index)))
    assert.deepEqual(
      guests.map((guest) => caps.admit(guest, 'acme')),
      [true, true, true, false],
    )
    assert.equal(caps.admit(greet(address(9)), 'other'), true)
    caps.leave(guests[0]!)
    assert.equal(caps.admit(greet(address(10)), 'acme'), true)
  })

  it('work with the smallest limits', () => {
    const { caps, greet, come } = openCaps({
      maxConnections: 1,
      maxUnauthenticated: 1,
      maxUnauthenticatedPerAddress: 1,
    })
    const guest = greet('203.0.113.9')
    assert.equal(come('203.0.113.8'), 'connections')
    caps.leave(guest)
    greet('203.0.113.8')
  })
})
