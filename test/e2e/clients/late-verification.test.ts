import assert from 'node:assert/strict'
import { attributes, createReplay, requests, status } from './support/replay.ts'
import type { Replay } from './support/replay.ts'
import { itImportedEachOnce, useSender } from './support/sender.ts'
import type { LocalFile } from './support/sender.ts'

const { close, lstat, remove, rename, setstat } = requests
const mtime = 1_700_000_000

/** Clients that verify so late that the importer has taken the file: what they look for lives on for them. */
describe('a client that verifies after the import', function () {
  this.timeout(120_000)
  const sender = useSender('late')

  /** Sends a report and keeps the session open until the report is imported. */
  async function sendAndStay(name: string): Promise<{ replay: Replay; file: LocalFile }> {
    const file = sender.report(name)
    const replay = await createReplay(sender.target)
    const handle = await replay.open(`/inbox/${name}`, 'write create truncate')
    await replay.writeAll(handle, file.content)
    assert.equal(await replay.status(close, handle), status.ok)
    await sender.awaitImported(file)
    return { replay, file }
  }

  it('finds the size by STAT and LSTAT', async () => {
    const { replay, file } = await sendAndStay('stat.csv')
    const size = file.content.length
    assert.deepEqual(await replay.size('/inbox/stat.csv'), { size })
    assert.deepEqual(await replay.size('/inbox/stat.csv', lstat), { size })
    await replay.end()
  })

  it('sets times and mode', async () => {
    const { replay } = await sendAndStay('setstat.csv')
    const path = '/inbox/setstat.csv'
    assert.equal(await replay.status(setstat, path, attributes.times, mtime, mtime), status.ok)
    assert.equal(await replay.status(setstat, path, attributes.mode, 0o644), status.ok)
    await replay.end()
  })

  it('finds it on a second connection too', async () => {
    const { replay, file } = await sendAndStay('second.csv')
    const second = await createReplay(sender.target)
    assert.deepEqual(await second.size('/inbox/second.csv'), { size: file.content.length })
    await second.end()
    await replay.end()
  })

  it('removes it, and finds it gone', async () => {
    const { replay } = await sendAndStay('remove.csv')
    assert.equal(await replay.status(remove, '/inbox/remove.csv'), status.ok)
    assert.deepEqual(await replay.size('/inbox/remove.csv'), { code: status.missing })
    await replay.end()
  })

  it('renames it', async () => {
    const { replay, file } = await sendAndStay('rename.csv')
    assert.equal(await replay.status(rename, '/inbox/rename.csv', '/inbox/done.csv'), status.ok)
    assert.deepEqual(await replay.size('/inbox/done.csv'), { size: file.content.length })
    await replay.end()
  })

  it('sends the next file of the same name', async () => {
    const { replay } = await sendAndStay('next.csv')
    const file = sender.report('next.csv')
    const handle = await replay.open('/inbox/next.csv', 'write create truncate')
    await replay.writeAll(handle, file.content)
    assert.equal(await replay.status(close, handle), status.ok)
    await sender.awaitImported(file, ['imported'])
    await replay.end()
  })

  itImportedEachOnce(sender)
})
