import assert from 'node:assert/strict'
import { after, before } from 'mocha'
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
  let replay: Replay
  let size = 0

  async function send(file: LocalFile): Promise<void> {
    const handle = await replay.open(`/inbox/${file.name}`, 'write create truncate')
    await replay.writeAll(handle, file.content)
    assert.equal(await replay.status(close, handle), status.ok)
  }

  before(async () => {
    replay = await createReplay(sender.target)
    const names = ['stat', 'setstat', 'second', 'remove', 'rename', 'next']
    const files = names.map((name) => sender.report(`${name}.csv`))
    for (const file of files) await send(file)
    for (const file of files) await sender.awaitImported(file)
    size = files[0]?.content.length ?? 0
  })
  after(() => replay.end())

  it('finds the size by STAT and LSTAT', async () => {
    assert.deepEqual(await replay.size('/inbox/stat.csv'), { size })
    assert.deepEqual(await replay.size('/inbox/stat.csv', lstat), { size })
  })

  it('sets times and mode', async () => {
    const path = '/inbox/setstat.csv'
    assert.equal(await replay.status(setstat, path, attributes.times, mtime, mtime), status.ok)
    assert.equal(await replay.status(setstat, path, attributes.mode, 0o644), status.ok)
  })

  it('finds it on a second connection too', async () => {
    const second = await createReplay(sender.target)
    assert.deepEqual(await second.size('/inbox/second.csv'), { size })
    await second.end()
  })

  it('removes it, and finds it gone', async () => {
    assert.equal(await replay.status(remove, '/inbox/remove.csv'), status.ok)
    assert.deepEqual(await replay.size('/inbox/remove.csv'), { code: status.missing })
  })

  it('renames it', async () => {
    assert.equal(await replay.status(rename, '/inbox/rename.csv', '/inbox/done.csv'), status.ok)
    assert.deepEqual(await replay.size('/inbox/done.csv'), { size })
  })

  it('sends the next file of the same name', async () => {
    const file = sender.report('next.csv')
    await send(file)
    await sender.awaitImported(file, ['imported'])
  })

  itImportedEachOnce(sender)
})
