import assert from 'node:assert/strict'
import { statSync } from 'node:fs'
import { after, before } from 'mocha'
import { cutTransfer } from './support/cut-transfer.ts'
import { runLftp, startLftp } from './support/lftp.ts'
import { runSftp, startSftp } from './support/open-ssh.ts'
import { poll } from './support/poll.ts'
import { createPutty, puttyOptions, runPsftp } from './support/putty.ts'
import type { Putty } from './support/putty.ts'
import { createReplay, requests, status } from './support/replay.ts'
import { describeWith, startClient } from './support/run-client.ts'
import type { RunningClient } from './support/run-client.ts'
import { itImportedEachOnce, itKeptWholeFilesOnly, useSender } from './support/sender.ts'
import type { LocalFile, Sender } from './support/sender.ts'
import { createSlowLine } from './support/throttle.ts'
import type { SlowLine } from './support/throttle.ts'

const isLong = process.env['TEST_SIZE'] === 'long'

interface Client {
  /** Starts sending, slowly. */
  readonly start: (file: LocalFile) => RunningClient
  /** Goes on where the file ends. */
  readonly resume: (file: LocalFile) => Promise<unknown>
  /** Sends the whole file once more. */
  readonly resend: (file: LocalFile) => Promise<unknown>
  readonly make: (name: string) => LocalFile
  /** Waits until the whole file has been taken. */
  readonly taken: (file: LocalFile, earlier: readonly string[]) => Promise<void>
}

/** Stops the client by a signal when a part has arrived; nothing of it may be imported. */
async function interrupt(
  sender: Sender,
  file: LocalFile,
  client: RunningClient,
  signal: NodeJS.Signals,
): Promise<string> {
  const sizeOf = () => statSync(sender.inbox(file.name), { throwIfNoEntry: false })?.size ?? 0
  await poll('the first bytes', () => sizeOf() > 60_000)
  client.child.kill(signal)
  // An interrupted sftp waits for the next command.
  if (signal === 'SIGINT') client.child.stdin?.end('bye\n')
  await client.ended
  const stopped = await sender.awaitState(file.name, ['partial', 'held'])
  const reason = stopped.state === 'partial' ? 'CONNECTION_LOST' : 'TRUNCATED_SUSPECTED'
  assert.equal(stopped.reason, reason)
  assert.ok(stopped.bytes < file.content.length, 'the client was stopped too late')
  assert.ok(statSync(sender.inbox(file.name)).size > 0, 'what arrived stays visible')
  return stopped.state
}

function itSurvivesSignals(sender: Sender, name: string, client: Client): void {
  function itTakesTheRest(signal: NodeJS.Signals): void {
    it(`imports nothing of a file whose ${name} ended by ${signal}, and takes the rest later`, async () => {
      const file = client.make(`resumed-${signal.toLowerCase()}.csv`)
      const state = await interrupt(sender, file, client.start(file), signal)
      await client.resume(file)
      await client.taken(file, state === 'partial' ? [] : ['superseded'])
    })
  }

  function itTakesItAnew(signal: NodeJS.Signals): void {
    it(`imports nothing of a file whose ${name} ended by ${signal}, and takes it sent anew`, async () => {
      const file = client.make(`resent-${signal.toLowerCase()}.csv`)
      await interrupt(sender, file, client.start(file), signal)
      await client.resend(file)
      await client.taken(file, ['superseded'])
    })
  }

  itTakesTheRest('SIGKILL')
  itTakesItAnew('SIGINT')
  if (!isLong) return
  itTakesTheRest('SIGINT')
  itTakesItAnew('SIGKILL')
}

describe("an interrupted client: OpenSSH's sftp", function () {
  this.timeout(120_000)
  const sender = useSender('stopped-sftp')
  itSurvivesSignals(sender, 'sftp', {
    make: (name) => sender.report(name, 4000),
    taken: (file, earlier) => sender.awaitImported(file, earlier),
    start: ({ path }) => startSftp(sender, [`put ${path}`], { args: ['-l', '2000'] }),
    resume: ({ path }) => runSftp(sender, [`put -a ${path}`]),
    resend: ({ path }) => runSftp(sender, [`put ${path}`]),
  })
  itImportedEachOnce(sender)
  itKeptWholeFilesOnly(sender)
})

describeWith(['lftp'], 'an interrupted client: lftp', function () {
  this.timeout(120_000)
  const sender = useSender('stopped-lftp')
  const slowly = ['set net:limit-rate 100000', 'set cmd:move-background false', 'cd /inbox']
  itSurvivesSignals(sender, 'lftp', {
    make: (name) => sender.report(name, 4000),
    taken: (file, earlier) => sender.awaitImported(file, earlier),
    start: ({ path }) => startLftp(sender, [...slowly, `put ${path}`]),
    resume: ({ path }) => runLftp(sender, ['cd /inbox', `put -c ${path}`]),
    resend: ({ path }) => runLftp(sender, ['cd /inbox', `put ${path}`]),
  })
  itImportedEachOnce(sender)
  itKeptWholeFilesOnly(sender)
})

describeWith(['psftp', 'puttygen'], 'an interrupted client: psftp', function () {
  this.timeout(120_000)
  const sender = useSender('stopped-psftp')
  let putty: Putty
  let line: SlowLine
  before(async () => {
    putty = await createPutty(sender)
    line = await createSlowLine(sender.target.port, 1_000_000)
  })
  after(() => line.close())

  itSurvivesSignals(sender, 'psftp', {
    // psftp has up to a megabyte on its way, which still arrives when it is gone; a report that long takes its time.
    make: (name) => sender.noise(name, 2_000_000),
    taken: (file, earlier) => sender.awaitRefused(file, earlier),
    start({ path }) {
      const script = sender.home.write('slow.psftp', `put ${path}\nquit\n`)
      const options = [...puttyOptions(putty, line.port), '-b', script]
      const args = [...options, `${sender.agency}@127.0.0.1`]
      return startClient('psftp', args, { home: sender.folder })
    },
    resume: ({ path }) => runPsftp(sender, putty, [`reput ${path}`, 'quit']),
    resend: ({ path }) => runPsftp(sender, putty, [`put ${path}`, 'quit']),
  })
  itImportedEachOnce(sender)
  itKeptWholeFilesOnly(sender)
})

describe('a connection that dies without CLOSE', function () {
  this.timeout(120_000)
  const sender = useSender('cut-off')

  it('leaves a partial file, which the whole one supersedes', async () => {
    const file = sender.report('resent.csv', 1000)
    await cutTransfer(sender, file)
    await runSftp(sender, [`put ${file.path}`])
    await sender.awaitImported(file, ['superseded'])
  })

  it('leaves a partial file even when every byte had arrived', async () => {
    const file = sender.report('all-but-close.csv')
    await cutTransfer(sender, file, 1)
    await runSftp(sender, [`put ${file.path}`])
    await sender.awaitImported(file, ['superseded'])
  })

  it('leaves a partial file when the session ends in order, but without CLOSE', async () => {
    const file = sender.report('no-close.csv')
    const replay = await createReplay(sender.target)
    const handle = await replay.open('/inbox/no-close.csv', 'write create truncate')
    await replay.writeAll(handle, file.content)
    await replay.end()
    await sender.awaitState('no-close.csv', ['partial'])
    await runSftp(sender, [`put ${file.path}`])
    await sender.awaitImported(file, ['superseded'])
  })

  it('goes on at its size several times', async () => {
    const file = sender.report('often.csv', 1000)
    for (const share of [0.2, 0.5, 0.9]) {
      const replay = await createReplay(sender.target)
      const found = await replay.size('/inbox/often.csv')
      const start = 'size' in found ? found.size : 0
      const handle = await replay.open('/inbox/often.csv', 'write create')
      const end = Math.floor(file.content.length * share)
      await replay.writeAll(handle, file.content.subarray(start, end), start)
      await replay.drop()
      const { bytes } = await sender.awaitState('often.csv', ['partial'])
      assert.equal(bytes, end)
    }
    await runSftp(sender, [`put -a ${file.path}`])
    await sender.awaitImported(file)
  })

  it('goes on although the first connection has not been missed yet', async () => {
    const file = sender.report('half-dead.csv', 1000)
    const first = await createReplay(sender.target)
    const handle = await first.open('/inbox/half-dead.csv', 'write create truncate')
    await first.writeAll(handle, file.content.subarray(0, 40_000))
    await runSftp(sender, [`put -a ${file.path}`])
    await first.drop()
    await sender.awaitImported(file)
  })

  it('is withdrawn by REMOVE from another connection', async () => {
    const file = sender.report('removed.csv')
    await cutTransfer(sender, file)
    const replay = await createReplay(sender.target)
    assert.equal(await replay.status(requests.remove, '/inbox/removed.csv'), status.ok)
    await replay.end()
    await sender.awaitState('removed.csv', ['withdrawn'])
    sender.expect('removed.csv', ['withdrawn'])
  })

  itImportedEachOnce(sender)
  itKeptWholeFilesOnly(sender)
})
