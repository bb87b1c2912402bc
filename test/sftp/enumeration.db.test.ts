import assert from 'node:assert/strict'
import { setTimeout as wait } from 'node:timers/promises'
import { before } from 'mocha'
import ssh2 from 'ssh2'
import type { LoginStore } from '../../src/sftp/login-book.ts'
import { awaitClose, createClientKey } from '../support/ssh-session.ts'
import { useHouse } from './sftp-house.ts'

const isLong = process.env['TEST_SIZE'] === 'long'
const good = 'correct horse battery staple'

interface Case {
  readonly name: string
  readonly way: ssh2.AnyAuthMethod
  /** Before each connection. */
  readonly prepare?: () => Promise<unknown>
}

/** What a stranger learns: how long each try took, and what was answered. */
interface Seen {
  readonly times: number[]
  readonly answers: Set<string>
}

/** Tries of one connection: fewer than lock an account. */
const triesPerConnection = 4

function median(times: readonly number[]): number {
  const sorted = [...times].sort((a, b) => a - b)
  return sorted[Math.floor(sorted.length / 2)] ?? NaN
}

async function connect(
  port: number,
  { way, prepare }: Case,
  seen: Seen,
  tries = triesPerConnection,
): Promise<void> {
  await prepare?.()
  const client = new ssh2.Client()
  client.on('error', () => undefined)
  let left = tries
  let sentAt: number | undefined
  client.connect({
    host: '127.0.0.1',
    port,
    username: way.username,
    authHandler: (methods, isPartial, next) => {
      if (sentAt !== undefined) {
        seen.times.push(performance.now() - sentAt)
        seen.answers.add(`${methods.join()} ${isPartial}`)
      }
      left -= 1
      sentAt = performance.now()
      next(left < 0 ? (false as never) : way)
    },
  })
  await awaitClose(client)
}

/** Runs all cases mixed, several at once, so that whatever else the machine does meets all of them alike. */
async function watch(
  port: number,
  cases: readonly Case[],
  tries: number,
  lanes: number,
  perConnection = triesPerConnection,
) {
  const seen = new Map<string, Seen>(
    cases.map(({ name }) => [name, { times: [], answers: new Set() }]),
  )
  const rounds = Math.ceil(tries / perConnection)
  const work = Array.from({ length: rounds }, (_, round) =>
    cases.map((_one, at) => cases[(at + round) % cases.length]!),
  ).flat()
  await Promise.all(
    Array.from({ length: lanes }, async () => {
      for (let one = work.shift(); one !== undefined; one = work.shift())
        await connect(port, one, seen.get(one.name)!, perConnection)
    }),
  )
  return seen
}

/** How far the medians of the cases lie apart; and all of them, as one line. */
function compare(seen: Map<string, Seen>, tries: number): { spread: number; shown: string } {
  for (const [name, { times, answers }] of seen) {
    assert.ok(times.length >= tries, `${name}: ${times.length} tries`)
    assert.deepEqual([...answers], [...(seen.values().next().value as Seen).answers], name)
    assert.equal(answers.size, 1, name)
  }
  const medians = [...seen].map(([name, { times }]) => ({ name, ms: median(times) }))
  const all = medians.map(({ ms }) => ms)
  return {
    spread: Math.max(...all) - Math.min(...all),
    shown: medians.map(({ name, ms }) => `${name} ${ms.toFixed(1)}`).join(', '),
  }
}

/** A difference that the server makes shows in every look; one that the machine makes does not. */
const looks = 3

async function assertAlike(
  look: () => Promise<Map<string, Seen>>,
  tries: number,
  withinMs: number,
): Promise<void> {
  const found: string[] = []
  for (let at = 0; at < looks; at += 1) {
    const { spread, shown } = compare(await look(), tries)
    if (isLong) console.log(`      ${shown}`)
    if (spread < withinMs) return
    found.push(`${spread.toFixed(1)} ms (${shown})`)
  }
  assert.fail(`medians differ by ${found.join('; then by ')}`)
}

describe('enumeration', () => {
  const house = useHouse({ sftp: { maxUnauthenticatedPerAddress: 1000, maxUnauthenticated: 1000 } })
  const tries = isLong ? 1000 : 24
  const withinMs = isLong ? 5 : 10
  let keys: Case[] = []
  let passwords: Case[] = []

  async function addAccount(account: string): Promise<string> {
    await house.agencies.createAccount('acme', account, {}, 'test')
    await house.agencies.setPassword(account, good, 'test')
    return account
  }

  before(async () => {
    const { agencies } = house
    const { publicKey, privateKey: known } = house.key
    const { privateKey: stranger } = await createClientKey(house.folder, 'stranger')
    const elsewhere = await addAccount('acme-elsewhere')
    await agencies.addKey(elsewhere, { publicKey, fromNetworks: ['192.0.2.0/24'] }, 'test')
    const off = await addAccount('acme-off')
    await agencies.addKey(off, { publicKey }, 'test')
    await agencies.disableAccount(off, 'test')
    const locked = await addAccount('acme-locked')
    await agencies.addKey(locked, { publicKey }, 'test')
    const account = await agencies.getAccount(locked)
    const lock = async () => {
      for (let count = 0; count < 5; count += 1) await agencies.notePasswordFailure(account)
    }
    await lock()
    const crowded = await addAccount('acme-crowded')
    for (let count = 0; count < 10; count += 1) {
      const more = await createClientKey(house.folder, `crowd-${count}`)
      await agencies.addKey(crowded, { publicKey: more.publicKey }, 'test')
    }
    const offer = (name: string, username: string, key: string): Case => ({
      name,
      way: { type: 'publickey', username, key },
    })
    keys = [
      offer('unknown account', 'nobody-here', stranger),
      offer('wrong key', 'acme', stranger),
      offer('wrong key among many', crowded, stranger),
      offer('disabled account', off, known),
      offer('wrong network', elsewhere, known),
      offer('locked account, wrong key', locked, stranger),
    ]
    await agencies.update('acme', { passwordLogin: true }, 'test')
    const plain = await addAccount('acme-plain')
    const bare = 'acme-bare'
    await agencies.createAccount('acme', bare, {}, 'test')
    const say = (name: string, username: string, password: string): Case => ({
      name,
      way: { type: 'password', username, password },
    })
    passwords = [
      say('unknown account', 'nobody-here', good),
      {
        ...say('wrong password', plain, 'a wrong long password'),
        prepare: () => agencies.unlockAccount(plain, 'test'),
      },
      say('no password', bare, good),
      say('disabled account', off, good),
      say('locked account, right password', locked, good),
    ]
  })

  it('tells nothing by the answers to keys, or their time', async () => {
    await assertAlike(() => watch(house.target.port, keys, tries, 12), tries, withinMs)
  }).timeout(600_000)

  it('tells nothing by the answers to passwords, or their time', async () => {
    // Three at once: two are compared at a time, and no queue may fill up.
    const count = isLong ? tries : 8
    await assertAlike(() => watch(house.target.port, passwords, count, 3), count, withinMs)
  }).timeout(1_800_000)

  it('asks the store the same, whoever is asked for, so that a slow one tells nothing', async () => {
    const asked: string[] = []
    const agencies: LoginStore = {
      ...house.agencies,
      async findLogin(account) {
        asked.push(account)
        await wait(120)
        return house.agencies.findLogin(account)
      },
    }
    const { target } = await house.startServer({}, { agencies, accessCheckMs: 3_600_000 })
    const all = [...keys, ...passwords.map((one) => ({ ...one, name: `${one.name} (password)` }))]
    for (const one of all) {
      asked.length = 0
      await connect(target.port, one, { times: [], answers: new Set() }, 1)
      assert.deepEqual(asked, [one.way.username], one.name)
    }
    await assertAlike(() => watch(target.port, keys, 8, 6, 1), 8, withinMs)
  })
})
