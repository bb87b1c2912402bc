import assert from 'node:assert/strict'
import { cutTransfer } from './support/cut-transfer.ts'
import { attributes, codeOf, createReplay, requests, status, toWrites } from './support/replay.ts'
import type { Replay } from './support/replay.ts'
import { itImportedEachOnce, itKeptWholeFilesOnly, useSender } from './support/sender.ts'

const { close, remove, rename, setstat } = requests
const mtime = 1_700_000_000

/**
 * What WinSCP puts on the wire (SftpFileSystem.cpp Source(), winscp.net/eng/docs/resume): to 100 KiB under the final name,
 * above under `.filepart`; CLOSE before the WRITEs are answered, the time behind it; a script ends with 1 if that fails.
 */
describe('WinSCP, replayed', function () {
  this.timeout(120_000)
  const sender = useSender('winscp')

  async function withReplay(work: (replay: Replay) => Promise<void>): Promise<void> {
    const replay = await createReplay(sender.target)
    await work(replay)
    await replay.end()
  }

  /** OPEN that refuses what is there already, then WRITEs, CLOSE and SETSTAT in one go. */
  async function sendSmall(replay: Replay, path: string, content: Buffer): Promise<void> {
    const handle = await replay.open(path, 'write create exclusive')
    const replies = await replay.pipeline(
      ...toWrites(handle, content),
      [close, handle],
      [setstat, path, attributes.times, mtime, mtime],
    )
    assert.deepEqual(
      replies.map(codeOf),
      replies.map(() => status.ok),
    )
  }

  /** From `.filepart` to the final name: REMOVE of the old one, RENAME, SETSTAT. */
  async function finishPart(replay: Replay, path: string): Promise<void> {
    const { code } = (await replay.size(path)) as { code: number }
    assert.equal(code, status.missing)
    assert.equal(await replay.status(rename, `${path}.filepart`, path), status.ok)
    assert.equal(await replay.status(setstat, path, attributes.times, mtime, mtime), status.ok)
  }

  it('sends a small report with CLOSE and SETSTAT right behind the WRITEs', async () => {
    const file = sender.report('small.csv')
    await withReplay(async (replay) => {
      assert.deepEqual(await replay.size('/inbox/small.csv'), { code: status.missing })
      await sendSmall(replay, '/inbox/small.csv', file.content)
    })
    await sender.awaitImported(file)
  })

  it('sends a large report under .filepart, with CLOSE right behind the WRITEs', async () => {
    const file = sender.report('large.csv', 3000)
    await withReplay(async (replay) => {
      const handle = await replay.open('/inbox/large.csv.filepart', 'write create exclusive')
      const writes = toWrites(handle, file.content)
      const replies = await replay.pipeline(...writes, [close, handle])
      assert.ok(replies.every((reply) => codeOf(reply) === status.ok))
      await finishPart(replay, '/inbox/large.csv')
    })
    await sender.awaitImported(file)
  })

  it('puts a large report in the place of one that is not imported yet', async () => {
    const old = sender.report('again.csv', 10)
    const file = sender.report('again.csv', 3000)
    await withReplay(async (replay) => {
      // Without its last line end and a part of its last row: this one will be held.
      await sendSmall(replay, '/inbox/again.csv', old.content.subarray(0, -30))
    })
    await sender.awaitState('again.csv', ['held'])
    await withReplay(async (replay) => {
      const handle = await replay.open('/inbox/again.csv.filepart', 'write create truncate')
      await replay.writeAll(handle, file.content)
      assert.equal(await replay.status(close, handle), status.ok)
      assert.equal(await replay.status(remove, '/inbox/again.csv'), status.ok)
      await finishPart(replay, '/inbox/again.csv')
    })
    await sender.awaitImported(file, ['withdrawn'])
  })

  it('goes on with a .filepart by an offset, without APPEND', async () => {
    const file = sender.report('resumed.csv', 3000)
    await cutTransfer(sender, file, 0.5, '/inbox/resumed.csv.filepart')
    await withReplay(async (replay) => {
      const found = await replay.size('/inbox/resumed.csv.filepart')
      assert.ok('size' in found && found.size > 0, JSON.stringify(found))
      const handle = await replay.open('/inbox/resumed.csv.filepart', 'write create')
      await replay.writeAll(handle, file.content.subarray(found.size), found.size)
      assert.equal(await replay.status(close, handle), status.ok)
      await finishPart(replay, '/inbox/resumed.csv')
    })
    await sender.awaitImported(file)
  })

  it('withdraws on cancel with CLOSE and REMOVE, and sends the whole file afterwards', async () => {
    const file = sender.report('cancelled.csv', 1000)
    await withReplay(async (replay) => {
      const handle = await replay.open('/inbox/cancelled.csv', 'write create exclusive')
      const half = file.content.subarray(0, file.content.length / 2)
      const replies = await replay.pipeline(
        ...toWrites(handle, half),
        [close, handle],
        [remove, '/inbox/cancelled.csv'],
      )
      assert.ok(replies.every((reply) => codeOf(reply) === status.ok))
    })
    await sender.awaitState('cancelled.csv', ['withdrawn'])
    await withReplay((replay) => sendSmall(replay, '/inbox/cancelled.csv', file.content))
    await sender.awaitImported(file, ['withdrawn'])
  })

  itImportedEachOnce(sender)
  itKeptWholeFilesOnly(sender)
})
