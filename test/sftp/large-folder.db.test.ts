import assert from 'node:assert/strict'
import { mkdirSync, openSync, closeSync, truncateSync, utimesSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { monitorEventLoopDelay } from 'node:perf_hooks'
import { before } from 'mocha'
import { connectClient } from '../support/ssh-session.ts'
import { openPeer, statusOf, types } from './raw-peer.ts'
import type { OpenedPeer } from './raw-peer.ts'
import { useHouse } from './sftp-house.ts'

const isLong = process.env['TEST_SIZE'] === 'long'
const entries = isLong ? 100_000 : 3000

describe('SFTP server and what is large', () => {
  const house = useHouse()
  let peer: OpenedPeer

  before(async () => {
    peer = await openPeer(await connectClient(house.target))
  })

  it(`lists a folder of ${entries} entries in pages, each whole and once, and serves others meanwhile`, async () => {
    const folder = house.at('outbox', 'many')
    mkdirSync(folder)
    for (let index = 0; index < entries; index++) {
      closeSync(openSync(join(folder, `result-${String(index).padStart(6, '0')}.csv`), 'w'))
    }
    const other = await openPeer(await connectClient(house.target))
    const lag = monitorEventLoopDelay({ resolution: 5 })
    lag.enable()
    const handle = await peer.opendir('/outbox/many')
    const names = new Set<string>()
    let pages = 0
    for (;;) {
      const page = await peer.ask(types.READDIR, handle)
      if (page.type === types.STATUS) {
        assert.equal(statusOf(page), 1)
        break
      }
      pages += 1
      assert.ok(page.body.length <= 32 * 1024 && page.body.readUInt32BE(0) <= 100)
      for (const [name] of page.body.toString('latin1').matchAll(/result-\d{6}\.csv/g))
        names.add(name)
      if (pages % 10 === 0) assert.equal((await other.ask(types.STAT, '/inbox')).type, types.ATTRS)
    }
    lag.disable()
    assert.equal(names.size, entries)
    assert.ok(pages >= entries / 100)
    if (isLong) assert.ok(lag.percentile(99) / 1e6 < 200, `${lag.percentile(99) / 1e6} ms`)
  }).timeout(120_000)

  it('tells sizes above 4 GiB, times beyond 2038, and one owner for all', async () => {
    const path = house.at('outbox', 'huge.bin')
    writeFileSync(path, '')
    truncateSync(path, 5 * 2 ** 30)
    const late = Date.UTC(2039, 0, 2) / 1000
    utimesSync(path, late, late)
    const { body } = await peer.ask(types.STAT, '/outbox/huge.bin')
    assert.equal(body.readUInt32BE(0), 0x0f)
    assert.equal(body.readBigUInt64BE(4), 5n * 2n ** 30n)
    assert.deepEqual([body.readUInt32BE(12), body.readUInt32BE(16)], [1000, 1000])
    assert.deepEqual([body.readUInt32BE(24), body.readUInt32BE(28)], [late, late])
  })

  it('takes times beyond 2038 from a client', async () => {
    const late = Date.UTC(2100, 0, 2) / 1000
    await peer.ask(types.CLOSE, await peer.open('late.csv', 0x1a))
    assert.equal(statusOf(await peer.ask(types.SETSTAT, 'late.csv', 8, late, late)), 0)
    assert.equal((await peer.ask(types.STAT, 'late.csv')).body.readUInt32BE(28), late)
  })

  it('tells times before 1970 as 1970', async () => {
    const path = house.at('outbox', 'old.csv')
    writeFileSync(path, '')
    utimesSync(path, new Date(-86_400_000), new Date(-86_400_000))
    assert.equal((await peer.ask(types.STAT, '/outbox/old.csv')).body.readUInt32BE(28), 0)
  })
})
