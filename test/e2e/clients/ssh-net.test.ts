import assert from 'node:assert/strict'
import { setTimeout as sleep } from 'node:timers/promises'
import { codeOf, createReplay, requests, status, textOf, toWrites } from './support/replay.ts'
import type { Replay } from './support/replay.ts'
import { itImportedEachOnce, itKeptWholeFilesOnly, useSender } from './support/sender.ts'
import type { LocalFile } from './support/sender.ts'
import { maxUploadBytes } from './support/shared-serve.ts'

const { close, write } = requests

/**
 * What SSH.NET puts on the wire: `UploadFile` cuts, `OpenWrite` and `WriteAllBytes` do not; a CLOSE that fails raises; after a
 * WRITE that fails it waits for ever unless the server ends the channel.
 */
describe('SSH.NET, replayed', function () {
  this.timeout(120_000)
  const sender = useSender('ssh-net')

  async function withReplay(work: (replay: Replay) => Promise<void>): Promise<void> {
    const replay = await createReplay(sender.target)
    await work(replay)
    await replay.end()
  }

  async function uploadFile(replay: Replay, name: string, content: Buffer): Promise<void> {
    const handle = await replay.open(`/inbox/${name}`, 'write create truncate')
    await replay.writeAll(handle, content)
    assert.equal(await replay.status(close, handle), status.ok)
  }

  async function writeAllBytes(replay: Replay, file: LocalFile): Promise<void> {
    const handle = await replay.open(`/inbox/${file.name}`, 'write create')
    await replay.writeAll(handle, file.content)
    assert.equal(await replay.status(close, handle), status.ok)
  }

  it('sends a report with UploadFile', async () => {
    const file = sender.report('upload-file.csv', 3000)
    await withReplay((replay) => uploadFile(replay, file.name, file.content))
    await sender.awaitImported(file)
  })

  it('sends a report with WriteAllBytes', async () => {
    const file = sender.report('write-all-bytes.csv')
    await withReplay((replay) => writeAllBytes(replay, file))
    await sender.awaitImported(file)
  })

  it('leaves no tail of a longer file that is held under the name', async () => {
    const old = sender.report('over-held.csv', 600)
    const file = sender.report('over-held.csv', 300)
    await withReplay((replay) => uploadFile(replay, old.name, old.content.subarray(0, -30)))
    await sender.awaitState('over-held.csv', ['held'])
    await withReplay((replay) => writeAllBytes(replay, file))
    await sender.awaitImported(file, ['held'])
  })

  it('leaves no tail of a longer file that arrived a moment ago', async () => {
    const old = sender.report('over-received.csv', 600)
    const file = sender.report('over-received.csv', 300)
    await withReplay(async (replay) => {
      await uploadFile(replay, old.name, old.content)
      await writeAllBytes(replay, file)
    })
    await sender.awaitImported(file)
  })

  it('is let go within seconds when a WRITE failed, and sends the file again', async () => {
    const file = sender.report('failed-write.csv', 1000)
    const replay = await createReplay(sender.target)
    const handle = await replay.open('/inbox/failed-write.csv', 'write create truncate')
    const ended = new Promise((resolve) => replay.sftp.channel.once('close', resolve))
    const [first, behind] = await replay.pipeline(...toWrites(handle, file.content).slice(0, 1), [
      write,
      handle,
      BigInt(maxUploadBytes),
      'one byte too many',
    ])
    assert.equal(codeOf(first!), status.ok)
    assert.equal(codeOf(behind!), status.failure)
    assert.match(textOf(behind!), /100/, 'the sentence tells the limit')
    const outcome = await Promise.race([ended.then(() => 'ended'), sleep(8000, 'still waiting')])
    assert.equal(outcome, 'ended')
    await replay.end()
    await sender.awaitState('failed-write.csv', ['partial'])
    await withReplay((again) => uploadFile(again, file.name, file.content))
    await sender.awaitImported(file, ['superseded'])
  })

  itImportedEachOnce(sender)
  itKeptWholeFilesOnly(sender)
})
