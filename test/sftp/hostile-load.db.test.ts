import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { monitorEventLoopDelay } from 'node:perf_hooks'
import { setTimeout as wait } from 'node:timers/promises'
import { before } from 'mocha'
import { runSftp, until } from '../support/ssh-session.ts'
import type { Target } from '../support/ssh-session.ts'
import type { Attack } from './attacker.ts'
import { useHouse } from './sftp-house.ts'
import { startAttack } from './start-attack.ts'

const isLong = process.env['TEST_SIZE'] === 'long'
const requests = isLong ? 10_000 : 2000
const mostGrownMb = 150
const mostLagMs = 200

type Plan = Omit<Attack, 'target' | 'path'> & { readonly what: string }

const attacks: readonly Plan[] = [
  { what: 'READs of 255 KiB, none fetched', act: 'read', channels: 1, count: requests },
  { what: 'READs on ten channels, none fetched', act: 'read', channels: 10, count: requests / 10 },
  {
    what: 'READs with an endless window and a socket that is not read',
    act: 'read-tcp',
    channels: 4,
    count: requests / 4,
  },
  { what: 'OPENs, none answered with CLOSE', act: 'open', channels: 1, count: requests },
  { what: 'WRITEs, no reply fetched', act: 'write', channels: 2, count: requests },
  { what: 'STATs, none fetched', act: 'stat', channels: 4, count: requests },
  { what: 'data beyond the window', act: 'beyond-window', channels: 1, count: requests },
]

/** Memory of this process, where the server runs, in MB. */
function measureMb(): number {
  return process.memoryUsage.rss() / 1e6
}

describe('SFTP server under hostile load', () => {
  const house = useHouse()
  let local: string
  let large: string

  before(() => {
    large = house.at('outbox', 'large.bin')
    writeFileSync(large, randomBytes(4_000_000))
    local = house.writeLocal('bystander.csv', randomBytes(2_000_000))
  })

  /** Another sender puts a file and fetches it back, on a connection of its own. */
  async function stand(target: Target, name: string): Promise<void> {
    const back = join(house.folder, `${name}.back`)
    const run = await runSftp(target, [`put ${local} ${name}`, `get ${name} ${back}`])
    assert.equal(run.code, 0, run.stderr)
    assert.ok(readFileSync(back).equals(readFileSync(local)))
  }

  for (const { what, ...plan } of attacks) {
    it(`serves others and keeps its memory while one sends ${plan.channels * plan.count} ${what}`, async () => {
      const { server, target } = await house.startServer()
      await stand(target, `before-${plan.act}-${plan.channels}.csv`)
      const idle = measureMb()
      const lag = monitorEventLoopDelay({ resolution: 5 })
      lag.enable()
      let most = 0
      const sampler = setInterval(() => (most = Math.max(most, measureMb())), 20)
      const attack = await startAttack({ ...plan, target, path: '/outbox/large.bin' })
      try {
        for (let round = 0; round < 3; round++)
          await stand(target, `during-${plan.act}-${plan.channels}-${round}.csv`)
        if (plan.act === 'open') await attack.waitFor('sent')
        if (plan.act === 'beyond-window') {
          await attack.waitFor('closed')
          const told = 'SFTP session ended: more was sent than the window allows'
          assert.ok(house.log.some(({ message }) => message === told))
        }
        await wait(isLong ? 3000 : 300)
      } finally {
        clearInterval(sampler)
        lag.disable()
        await attack.stop()
      }
      await until(() => server.countSessions() === 0, 'the end of the sessions')
      const p99 = lag.percentile(99) / 1e6
      const grown = most - idle
      if (process.env['TEST_SHOW'] !== undefined)
        console.log(
          `      ${what}: ${grown.toFixed(0)} MB, lag p99 ${p99.toFixed(0)} ms, max ${(lag.max / 1e6).toFixed(0)} ms`,
        )
      assert.ok(grown <= mostGrownMb, `${grown.toFixed(0)} MB above idle`)
      if (isLong) assert.ok(p99 < mostLagMs, `event-loop lag ${p99.toFixed(0)} ms at p99`)
      const figures = server.figures()
      assert.equal(figures.openHandles, 0)
    }).timeout(60_000)
  }

  it('ends a session that asks and asks and fetches nothing, and no other', async () => {
    const { server, target } = await house.startServer({}, { unfetchedMs: 1000 })
    const attack = await startAttack({
      act: 'read',
      channels: 2,
      count: 500,
      target,
      path: '/outbox/large.bin',
    })
    const other = runSftp(
      target,
      [`put ${local} slow.csv`, `get /outbox/large.bin ${house.folder}/slow.back`],
      { args: ['-l', '16000'] },
    )
    await attack.waitFor('closed')
    assert.equal((await other).code, 0)
    assert.ok(
      house.log.some(
        ({ message }) => message === 'SFTP session ended: the client does not fetch its replies',
      ),
    )
    await until(() => server.countSessions() === 0, 'the end of the sessions')
    await attack.stop()
  })
})
