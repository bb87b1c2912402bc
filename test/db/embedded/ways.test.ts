import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import {
  chmodSync,
  chownSync,
  existsSync,
  mkdirSync,
  readFileSync,
  readdirSync,
  statSync,
} from 'node:fs'
import { join } from 'node:path'
import { describe, it } from 'mocha'
import { packageRoot } from '../../../src/config/index.ts'
import { findBinaries, repairBinaries, toBinaries } from '../../../src/db/embedded/binaries.ts'
import { chooseWay } from '../../../src/db/embedded/choose-way.ts'
import { readMachine } from '../../../src/db/embedded/index.ts'
import type { Machine } from '../../../src/db/embedded/index.ts'
import { toPlace } from '../../../src/db/embedded/place.ts'
import { findBarrier, tryRunner } from '../../../src/db/embedded/runner.ts'
import { AppError } from '../../../src/errors/index.ts'
import { createLogger } from '../../../src/log/index.ts'
import { ask, readPid, useHomes } from '../../support/embedded-home.ts'
import { recordLog } from '../../support/record-log.ts'
import { notRunHere } from '../../support/not-run.ts'

const real = readMachine()
const named = (name: string) => real.users.find((user) => user.name === name)
const nobody = named('nobody')
const isRoot = real.uid === 0
const code = (expected: string) => (error: unknown) =>
  error instanceof AppError && error.code === expected
/** The uid that the server really runs as, seen from outside. */
const uidOf = (pid: number) =>
  Number(/^Uid:\s+(\d+)/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1])

function isOpenTo(uid: number): boolean {
  return (
    findBarrier(packageRoot, { uid, gid: uid }) === undefined &&
    findBarrier(process.execPath.replace(/[^/]*$/, ''), { uid, gid: uid }) === undefined
  )
}

describe('findBarrier', () => {
  const { createFolder } = useHomes()

  it('names the first folder that cannot be entered', () => {
    const folder = createFolder()
    mkdirSync(join(folder, 'a', 'b'), { recursive: true })
    chmodSync(folder, 0o755)
    chmodSync(join(folder, 'a'), 0o711)
    chmodSync(join(folder, 'a', 'b'), 0o744)
    const stranger = { uid: 54_321, gid: 54_321 }
    assert.equal(findBarrier(join(folder, 'a'), stranger), undefined)
    assert.equal(findBarrier(join(folder, 'a', 'b'), stranger), join(folder, 'a', 'b'))
    chmodSync(folder, 0o766)
    assert.equal(findBarrier(join(folder, 'a', 'b'), stranger), folder)
  })

  it('looks at the bits of the owner, else of the group, else of all others', () => {
    const folder = createFolder()
    const { uid, gid } = statSync(folder)
    const other = 54_321
    for (const [mode, ids, isOpen] of [
      [0o700, { uid, gid }, true],
      [0o077, { uid, gid }, false],
      [0o070, { uid: other, gid }, true],
      [0o707, { uid: other, gid }, false],
      [0o701, { uid: other, gid: other }, true],
      [0o770, { uid: other, gid: other }, false],
    ] as const) {
      chmodSync(folder, mode)
      assert.equal(findBarrier(folder, ids) === undefined, isOpen, mode.toString(8))
    }
    chmodSync(folder, 0o700)
  })
})

describe('embedded PostgreSQL as root', () => {
  if (!isRoot) {
    notRunHere('embedded PostgreSQL as root (this run is not root)')
    return
  }
  const { createFolder, open, spawnHolder } = useHomes()
  /** A folder that everybody can enter, with an existing home that everybody can enter. */
  const createOpenHome = () => {
    const folder = createFolder()
    chmodSync(folder, 0o755)
    const home = join(folder, 'home')
    mkdirSync(home, { mode: 0o755 })
    return home
  }
  /** No user namespaces here, and only these users; clusters outside of homes go to a folder of the test. */
  const without = (sharedFolder: string, names: readonly string[]): Machine => ({
    ...real,
    users: real.users.filter(({ name }) => names.includes(name)),
    canUnshare: () => Promise.resolve(false),
    sharedFolder,
  })
  const createShared = () => {
    const folder = createFolder()
    chmodSync(folder, 0o755)
    return join(folder, 'shared')
  }
  const dataOf = (home: string) => join(home, 'postgres', 'data')

  const canUnshare = (() => {
    try {
      execFileSync('unshare', ['--user', '--map-user=65534', '--', 'true'], { stdio: 'ignore' })
      return true
    } catch {
      return false
    }
  })()

  if (!canUnshare)
    notRunHere('embedded PostgreSQL in a user namespace (not allowed on this machine)')
  else {
    it('runs in a user namespace where only root can enter, and says so in one line', async () => {
      const home = join(createFolder(), 'home')
      const { log, lines } = recordLog()
      const { url } = await open(home, { log })
      const pid = readPid(dataOf(home))!
      assert.equal(uidOf(pid), 0, 'root’s files')
      assert.match(
        readFileSync(`/proc/${pid}/status`, 'utf8'),
        /^CapEff:\s+0+$/m,
        'without root’s powers',
      )
      assert.equal(statSync(dataOf(home)).uid, 0)
      assert.equal(statSync(home).mode & 0o777, 0o700)
      assert.deepEqual(await ask(url, 'select 1 as one'), [{ one: 1 }])
      assert.equal(
        lines().filter(({ message }) => message.includes('root may not run it')).length,
        1,
      )
    })

    it('names the folder that is in the way of a cluster that exists', async () => {
      const home = join(createFolder(), 'home')
      await (await open(home)).release()
      await assert.rejects(
        open(home, { machine: without(createShared(), ['nobody', 'postgres']) }),
        (error: unknown) =>
          code('POSTGRES_PATH')(error) && (error as AppError).message.includes(join(home, '..')),
      )
      assert.equal(statSync(dataOf(home)).uid, 0)
    })
  }

  for (const name of ['postgres', 'nobody']) {
    const user = named(name)
    if (user === undefined || !isOpenTo(user.uid)) {
      notRunHere(
        `embedded PostgreSQL as root by the user ${name} (no such user, or it cannot enter this checkout)`,
      )
      continue
    }
    const names = name === 'postgres' ? ['root', 'postgres', 'nobody'] : ['root', 'nobody']

    it(`runs as ${name} in a home that it can enter, where namespaces are not allowed`, async () => {
      const home = createOpenHome()
      const { log, lines } = recordLog()
      const { url } = await open(home, { log, machine: without(createShared(), names) })
      assert.equal(uidOf(readPid(dataOf(home))!), user.uid)
      assert.equal(statSync(dataOf(home)).uid, user.uid)
      assert.equal(statSync(join(home, 'postgres', 'password')).mode & 0o777, 0o600)
      assert.equal(statSync(join(home, 'postgres', 'password')).uid, 0)
      assert.deepEqual(await ask(url, 'select 1 as one'), [{ one: 1 }])
      assert.deepEqual(
        lines()
          .filter(({ message }) => message.includes('root may not run it'))
          .map((line) => line['user']),
        [name],
      )
    })

    it(`keeps the cluster in the machine's folder where ${name} cannot enter the home`, async () => {
      const home = join(createFolder(), 'home')
      const shared = createShared()
      const machine = without(shared, names)
      const first = await open(home, { machine })
      const [cluster] = readdirSync(shared)
      const data = join(shared, cluster!, 'data')
      assert.equal(uidOf(readPid(data)!), user.uid)
      assert.equal(existsSync(dataOf(home)), false)
      assert.equal(statSync(data).mode & 0o777, 0o700)
      await ask(first.url, 'create table kept as select 7 as seven')
      await first.release()
      const second = await open(home, { machine, mayCreate: false })
      assert.deepEqual(await ask(second.url, 'select seven from kept'), [{ seven: 7 }])
      assert.deepEqual(readdirSync(shared), [cluster])
    })
  }

  if (nobody !== undefined && isOpenTo(nobody.uid)) {
    it('gives a cluster to whom can open it now, and back', async () => {
      const home = createOpenHome()
      const first = await open(home)
      const owner = statSync(dataOf(home)).uid
      await ask(first.url, 'create table kept as select 7 as seven')
      await first.release()
      const second = await open(home, { machine: without(createShared(), ['root', 'nobody']) })
      assert.equal(statSync(dataOf(home)).uid, nobody.uid)
      assert.deepEqual(await ask(second.url, 'select seven from kept'), [{ seven: 7 }])
      await second.release()
      const only = { ...real, users: real.users.filter(({ name }) => name !== 'nobody') }
      const third = await open(home, { machine: only })
      assert.deepEqual(await ask(third.url, 'select seven from kept'), [{ seven: 7 }])
      if (canUnshare) assert.equal(owner, 0)
    })

    it('copies the programs where the checkout cannot be entered', async () => {
      const folder = createFolder()
      const checkout = join(folder, 'node_modules')
      mkdirSync(checkout, { mode: 0o700 })
      const { folder: native, version } = findBinaries(real)
      await repairBinaries(findBinaries(real))
      execFileSync('cp', ['-a', native, join(checkout, 'native')])
      const binaries = toBinaries(join(checkout, 'native'), version)
      const shared = createShared()
      const home = join(folder, 'home')
      mkdirSync(join(home, 'postgres'), { recursive: true })
      const log = createLogger({ level: 'error', format: 'json' })
      const choose = () =>
        chooseWay({
          place: toPlace(home, join(home, 'postgres')),
          binaries,
          password: 'x',
          machine: without(shared, ['nobody']),
          log,
        })
      const way = await choose()
      assert.ok(way.binaries.folder.startsWith(join(shared, 'postgresql-')))
      assert.equal(await tryRunner(way.runner, way.binaries.postgres), undefined)
      assert.equal(await tryRunner(way.runner, way.binaries.initdb), undefined)
      const made = statSync(way.binaries.folder).ino
      assert.equal(statSync((await choose()).binaries.folder).ino, made, 'copied once')
    })
  }

  it('says so when there is nobody to run as', async () => {
    const home = createOpenHome()
    await assert.rejects(
      open(home, { machine: without(createShared(), ['root']) }),
      code('POSTGRES_PATH'),
    )
  })

  it('refuses a home of somebody else, and names whom to be', async () => {
    const home = createOpenHome()
    chownSync(home, nobody!.uid, nobody!.gid)
    await assert.rejects(
      open(home),
      (error: unknown) =>
        code('HOME_FOREIGN')(error) && (error as AppError).hint.includes('sudo -u nobody'),
    )
    assert.deepEqual(readdirSync(home), [])
  })

  const plain = named('daemon')
  if (plain === undefined || !isOpenTo(plain.uid)) {
    notRunHere('embedded PostgreSQL as another user than root (it cannot enter this checkout)')
    return
  }

  it('just runs as an ordinary user', async () => {
    const home = createOpenHome()
    chownSync(home, plain.uid, plain.gid)
    const other = spawnHolder(home, { uid: plain.uid, gid: plain.gid })
    const { url } = await other.said
    assert.ok(url)
    assert.equal(uidOf(readPid(dataOf(home))!), plain.uid)
    assert.deepEqual(await ask(url, 'select 1 as one'), [{ one: 1 }])
    await other.leave()
    assert.equal(readPid(dataOf(home)), undefined)
  })

  it('refuses an ordinary user the home of root', async () => {
    const home = createOpenHome()
    const other = spawnHolder(home, { uid: plain.uid, gid: plain.gid })
    const said = await other.said
    assert.equal(said.code, 'HOME_FOREIGN')
    assert.match(said.hint ?? '', /sudo -u root/)
  })

  it('tells a uid without a user entry what to do', async () => {
    const home = createOpenHome()
    chownSync(home, 12_345, 12_345)
    const said = await spawnHolder(home, { uid: 12_345, gid: 12_345 }).said
    assert.equal(said.code, 'POSTGRES_USER')
    assert.match(said.message ?? '', /12345/)
    assert.match(said.hint ?? '', /DATABASE_URL/)
    assert.equal(existsSync(dataOf(home)), false)
  })
})
