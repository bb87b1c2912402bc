import assert from 'node:assert/strict'
import { createReplay, attributes, requests, status } from './support/replay.ts'
import type { Replay } from './support/replay.ts'
import { itImportedEachOnce, useSender } from './support/sender.ts'

const { close, extended, fsetstat, lstat, setstat } = requests
const mtime = 1_700_000_000

/** Clients that go on with the path when the file is closed, and call the upload failed when that fails. */
describe('clients with more to do after CLOSE, replayed', function () {
  this.timeout(120_000)
  const sender = useSender('after-close')

  async function send(name: string, work: (replay: Replay, path: string) => Promise<void>) {
    const file = sender.report(name)
    const replay = await createReplay(sender.target)
    const handle = await replay.open(`/inbox/${name}`, 'write create truncate')
    await replay.writeAll(handle, file.content)
    assert.equal(await replay.status(close, handle), status.ok)
    await work(replay, `/inbox/${name}`)
    await replay.end()
    await sender.awaitImported(file)
  }

  it('serves FileZilla: the time, then the list of the folder', async () => {
    await send('filezilla.csv', async (replay, path) => {
      assert.equal(await replay.status(setstat, path, attributes.times, mtime, mtime), status.ok)
      assert.deepEqual(await replay.list('/inbox'), ['filezilla.csv'])
    })
  })

  it('serves sshj: mode and times by path', async () => {
    await send('sshj.csv', async (replay, path) => {
      const both = attributes.mode | attributes.times
      const set = await replay.status(setstat, path, both, 0o644, mtime, mtime)
      assert.equal(set, status.ok)
    })
  })

  it('serves clients that look for the size by STAT and LSTAT', async () => {
    await send('verified.csv', async (replay, path) => {
      const { size } = (await replay.size(path)) as { size: number }
      assert.ok(size > 20_000)
      assert.deepEqual(await replay.size(path, lstat), { size })
    })
  })

  it('serves sshfs: times by path while the file is still open', async () => {
    const file = sender.report('still-open.csv')
    const replay = await createReplay(sender.target)
    const path = '/inbox/still-open.csv'
    const handle = await replay.open(path, 'write create truncate')
    await replay.writeAll(handle, file.content)
    assert.equal(await replay.status(setstat, path, attributes.times, mtime, mtime), status.ok)
    assert.deepEqual(await replay.size(path), { size: file.content.length })
    assert.equal(await replay.status(close, handle), status.ok)
    await replay.end()
    await sender.awaitImported(file)
  })

  it('serves go-sftp: fsync and mode on the handle, mode by path', async () => {
    const file = sender.report('synced.csv')
    const replay = await createReplay(sender.target)
    const handle = await replay.open('/inbox/synced.csv', 'write create truncate')
    await replay.writeAll(handle, file.content)
    assert.equal(await replay.status(extended, 'fsync@openssh.com', handle), status.ok)
    assert.equal(await replay.status(fsetstat, handle, attributes.mode, 0o600), status.ok)
    assert.equal(await replay.status(close, handle), status.ok)
    const set = await replay.status(setstat, '/inbox/synced.csv', attributes.mode, 0o600)
    assert.equal(set, status.ok)
    await replay.end()
    await sender.awaitImported(file)
  })

  itImportedEachOnce(sender)
})
