import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { readFileSync, writeFileSync } from 'node:fs'
import { before } from 'mocha'
import { createClientKey, runSftp, sshOptions, until } from '../support/ssh-session.ts'
import type { Target } from '../support/ssh-session.ts'
import { useHouse } from '../sftp/sftp-house.ts'

const isLong = process.env['TEST_SIZE'] === 'long'
const rounds = isLong ? 9 : 3
const uploadBytes = isLong ? 20_000_000 : 2_000_000

function median(values: readonly number[]): number {
  return values.toSorted((one, other) => one - other)[Math.floor(values.length / 2)]!
}

describe('a flood', () => {
  const house = useHouse()
  let bystander: Target
  let local: string

  before(async () => {
    const input = { agency: 'calm', name: 'Calm County', timeZone: 'America/Chicago' }
    await house.agencies.create(input, 'test')
    await house.inbox.addAgency('calm')
    const key = await createClientKey(house.folder, 'calm-key')
    await house.agencies.addKey('calm', { publicKey: key.publicKey }, 'test')
    bystander = { ...house.target, account: 'calm', key }
    local = house.writeLocal('night.csv', randomBytes(uploadBytes))
  })

  /** Signs in, does nothing and leaves; then signs in and sends a file. Seconds of both. */
  async function send(name: string): Promise<{ signIn: number; upload: number }> {
    const begun = performance.now()
    assert.equal((await runSftp(bystander, ['pwd'])).code, 0)
    const signedIn = performance.now()
    const run = await runSftp(bystander, [`put ${local} ${name}`])
    assert.equal(run.code, 0, run.stderr)
    const sent = readFileSync(`${house.inbox.layout.area('calm', 'inbox')}/${name}`)
    assert.ok(sent.equals(readFileSync(local)))
    const signIn = (signedIn - begun) / 1000
    return { signIn, upload: (performance.now() - signedIn) / 1000 }
  }

  /** OpenSSH's own client, which sends and fetches faster than any other, over and over. Gives a function that signals it. */
  function startFlood(command: string): (signal: NodeJS.Signals) => void {
    const { port, account, key } = house.target
    const name = `${randomBytes(4).toString('hex')}.batch`
    const batch = house.writeLocal(name, `${command}\n`.repeat(1000))
    const args = [...sshOptions(key), '-P', String(port), '-b', batch, `${account}@127.0.0.1`]
    // A group of its own: sftp runs an ssh, which would go on without it.
    const child = spawn('sftp', args, { stdio: ['ignore', 'ignore', 'inherit'], detached: true })
    return (signal) => process.kill(-child.pid!, signal)
  }

  const countMoved = (): number => {
    const { receivedBytesTotal, sentBytesTotal } = house.server.figures()
    return receivedBytesTotal + sentBytesTotal
  }

  it('of WRITEs and READs from one account leaves another sender its place', async () => {
    const huge = randomBytes(isLong ? 100_000_000 : 10_000_000)
    writeFileSync(house.at('outbox', 'huge.bin'), huge)
    const sent = house.writeLocal('huge.bin', huge)
    const commands = [0, 1].flatMap((index) => [
      `put ${sent} flood-${index}.tmp`,
      'get /outbox/huge.bin /dev/null',
    ])
    const floods: ((signal: NodeJS.Signals) => void)[] = []
    const tellAll = (signal: NodeJS.Signals): void => floods.forEach((tell) => tell(signal))
    const signIns: number[] = []
    const ratios: number[] = []
    try {
      for (let round = 0; round < rounds; round++) {
        const idle = await send(`idle-${round}.csv`)
        const before = countMoved()
        if (round === 0) floods.push(...commands.map(startFlood))
        else tellAll('SIGCONT')
        await until(() => countMoved() - before > 2 * huge.length, 'the flood')
        const flooded = await send(`flooded-${round}.csv`)
        const after = countMoved()
        // It was held back, not cut off.
        await until(() => countMoved() > after, 'the flood to go on')
        tellAll('SIGSTOP')
        signIns.push(flooded.signIn)
        ratios.push(flooded.upload / idle.upload)
      }
    } finally {
      tellAll('SIGKILL')
    }
    await until(() => house.server.countSessions() === 0, 'the end of the flood')
    assert.equal((await house.findUpload('flood-0.tmp'))?.account, 'acme')
    const signIn = Math.max(...signIns)
    const ratio = median(ratios)
    if (process.env['TEST_SHOW'] !== undefined)
      console.log(`      sign-in ${signIn.toFixed(2)} s, upload ${ratio.toFixed(2)} x idle`)
    if (!isLong) return
    assert.ok(signIn <= 2, `signed in after ${signIn.toFixed(2)} s`)
    assert.ok(ratio <= 1.5, `the upload took ${ratio.toFixed(2)} times as long`)
  }).timeout(isLong ? 300_000 : 60_000)
})
