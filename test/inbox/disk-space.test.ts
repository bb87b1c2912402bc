import assert from 'node:assert/strict'
import { createDiskSpace } from '../../src/inbox/disk-space.ts'
import { captureLog } from './inbox-fixture.ts'
import type { LogLine } from './inbox-fixture.ts'

const mebibyte = 2 ** 20

/** A disk of 100 MiB of which the test says how much is free, with a reserve of 20 MiB and so a rest of 5 MiB. */
function createDisk(reserveMb: number | null = 20) {
  const disk = { free: 50, asked: 0, now: 0, isBroken: false }
  const log: LogLine[] = []
  const space = createDiskSpace({
    path: '/',
    reserveMb: reserveMb ?? undefined,
    log: captureLog(log),
    now: () => disk.now,
    readFigures() {
      disk.asked += 1
      if (disk.isBroken) return Promise.reject(new Error('ENOSYS'))
      const blocks = { bsize: mebibyte, blocks: 100, bavail: disk.free }
      return Promise.resolve({ ...blocks, files: 1000, ffree: 900 })
    },
  })
  return { disk, space, log, warnings: () => log.filter(({ level }) => level === 'warn') }
}

describe('Disk space', () => {
  it('asks the file system once a second, however many files come', async () => {
    const { disk, space } = createDisk()
    await Promise.all(Array.from({ length: 50 }, () => space.assertReserve()))
    for (let count = 0; count < 50; count++) await space.assertReserve()
    assert.equal(disk.asked, 1)
    disk.now = 1000
    await space.assertReserve()
    assert.equal(disk.asked, 2)
  })

  it('refuses files below the reserve, tells it once a minute, and recovers by itself', async () => {
    const { disk, space, log, warnings } = createDisk()
    await space.assertReserve()
    disk.free = 19
    for (let second = 1; second <= 90; second++) {
      disk.now = second * 1000
      await assert.rejects(space.assertReserve(), {
        code: 'DISK_RESERVE',
        message: /19 MiB are free, and 20 MiB are kept/,
      })
    }
    assert.equal(warnings().length, 2)
    assert.deepEqual(new Set(warnings().map(({ text }) => text)).size, 1, 'a constant text')
    assert.deepEqual(warnings()[0]?.fields, { freeMb: 19, reserveMb: 20 })
    disk.free = 20
    disk.now += 1000
    await space.assertReserve()
    assert.equal(log.at(-1)?.text, 'disk space above the reserve again')
  })

  it('lets running files go on into the reserve, and stops them before the small rest', async () => {
    const { disk, space } = createDisk()
    disk.free = 10
    await space.measure()
    assert.equal(space.take(4 * mebibyte), undefined)
    disk.free = 6
    await assert.rejects(space.take(2 * mebibyte) ?? Promise.resolve(), {
      code: 'DISK_FULL',
      message: /^No space left/,
    })
    await space.take(mebibyte)
  })

  it('looks again before it stops a file: space may have come back', async () => {
    const { disk, space } = createDisk()
    disk.free = 6
    await space.measure()
    disk.free = 50
    await space.take(2 * mebibyte)
    assert.equal(disk.asked, 2)
  })

  it('counts what was written since it looked last', async () => {
    const { disk, space } = createDisk()
    disk.free = 30
    await space.measure()
    for (let count = 0; count < 25; count++)
      assert.equal(space.take(mebibyte), undefined, `MiB ${count}`)
    assert.notEqual(space.take(mebibyte), undefined, 'it looks again before the rest is touched')
    assert.equal(disk.asked, 2)
  })

  it('keeps 1 GiB or 2 % of the disk unless it is told', async () => {
    const small = await createDisk(null).space.measure()
    assert.equal(small.reserveBytes, 2 ** 30)
    const space = createDiskSpace({
      path: '/',
      reserveMb: undefined,
      log: captureLog([]),
      now: () => 0,
      readFigures: () =>
        Promise.resolve({ bsize: 4096, blocks: 1e9, bavail: 1e8, files: 0, ffree: 0 }),
    })
    const { reserveBytes, restBytes, isBelowReserve } = await space.measure()
    assert.deepEqual([reserveBytes, restBytes, isBelowReserve], [81_920_000_000, 2 ** 28, false])
  })

  it('keeps nothing where the reserve is 0', async () => {
    const { disk, space } = createDisk(0)
    disk.free = 0
    await space.assertReserve()
    await space.take(mebibyte)
  })

  it('takes files on a disk that tells nothing, and says so once a minute', async () => {
    const { disk, space, warnings } = createDisk()
    disk.isBroken = true
    for (let second = 0; second < 59; second++) {
      disk.now = second * 1000
      await space.assertReserve()
      await space.take(2 ** 30)
    }
    assert.deepEqual(
      warnings().map(({ text }) => text),
      ['disk space cannot be measured'],
    )
  })
})
