import assert from 'node:assert/strict'
import { createReplay, attributes, requests, status } from './support/replay.ts'
import type { Replay } from './support/replay.ts'
import { itImportedEachOnce, useSender } from './support/sender.ts'
import type { LocalFile } from './support/sender.ts'

const { close, extended, lstat, remove, rename, setstat } = requests
const mtime = 1_700_000_000

/** Clients that write under one name and rename when they are done. */
describe('clients that rename when they are done, replayed', function () {
  this.timeout(120_000)
  const sender = useSender('temporary-names')

  async function writeUnder(replay: Replay, name: string, file: LocalFile): Promise<void> {
    const handle = await replay.open(`/inbox/${name}`, 'write create truncate')
    await replay.writeAll(handle, file.content)
    assert.equal(await replay.status(close, handle), status.ok)
  }

  async function renameTo(replay: Replay, from: string, to: string): Promise<void> {
    assert.equal(await replay.status(rename, `/inbox/${from}`, `/inbox/${to}`), status.ok)
  }

  // spring-integration#8563: another code than 2 of the REMOVE stops it.
  it('serves Spring Integration: .writing, REMOVE of what is not there, RENAME', async () => {
    const file = sender.report('spring.csv')
    const replay = await createReplay(sender.target)
    await writeUnder(replay, 'spring.csv.writing', file)
    assert.equal(await replay.status(remove, '/inbox/spring.csv'), status.missing)
    await renameTo(replay, 'spring.csv.writing', 'spring.csv')
    await replay.end()
    await sender.awaitImported(file)
  })

  // rclone#9000: what follows the last WRITE may use another connection of its pool.
  it('serves rclone since 1.63: .partial, time, and the rename on a second connection', async () => {
    const file = sender.report('rclone.csv')
    const first = await createReplay(sender.target)
    const second = await createReplay(sender.target)
    const name = 'rclone.csv.5c1ab2f3.partial'
    const size = file.content.length
    await writeUnder(first, name, file)
    const set = [setstat, `/inbox/${name}`, attributes.times, mtime, mtime] as const
    assert.equal(await first.status(...set), status.ok)
    assert.deepEqual(await second.size(`/inbox/${name}`), { size })
    const renaming = [`/inbox/${name}`, '/inbox/rclone.csv'] as const
    assert.equal(await second.status(extended, 'posix-rename@openssh.com', ...renaming), status.ok)
    assert.deepEqual(await first.size('/inbox/rclone.csv', lstat), { size })
    assert.deepEqual(await second.size('/inbox/rclone.csv'), { size })
    await first.end()
    await second.end()
    await sender.awaitImported(file)
  })

  it('serves MOVEit: CTMP and four more characters', async () => {
    const file = sender.report('moveit.csv')
    const replay = await createReplay(sender.target)
    await writeUnder(replay, 'CTMP7f3A', file)
    await renameTo(replay, 'CTMP7f3A', 'moveit.csv')
    await replay.end()
    await sender.awaitImported(file)
  })

  // The name that Azure Data Factory writes under is not documented: here it looks like any other file's.
  it('serves Azure Data Factory: a name that does not look temporary, renamed in the same session', async () => {
    const file = sender.report('azure.csv')
    const replay = await createReplay(sender.target)
    const name = '0b9c1f6e-4f0e-4d0a-9b43-6d2f0c2f6c11'
    await writeUnder(replay, name, file)
    assert.deepEqual(await replay.size('/inbox/azure.csv'), { code: status.missing })
    await renameTo(replay, name, 'azure.csv')
    await replay.end()
    await sender.awaitImported(file)
  })

  it('never takes a file under a temporary name, however long it stands', async () => {
    const file = sender.report('late.csv')
    const replay = await createReplay(sender.target)
    await writeUnder(replay, 'late.csv.writing', file)
    await replay.end()
    const waiting = await sender.awaitState('late.csv.writing', ['received'])
    assert.equal(waiting.reason, 'TEMPORARY_NAME')
    // Another report of the same agency overtakes it, so that the queue has surely been looked at.
    const other = sender.report('overtaking.csv')
    const again = await createReplay(sender.target)
    await writeUnder(again, other.name, other)
    await again.end()
    await sender.awaitImported(other)
    assert.equal(sender.uploads('late.csv.writing')[0]?.state, 'received')
    const last = await createReplay(sender.target)
    await renameTo(last, 'late.csv.writing', 'late.csv')
    await last.end()
    await sender.awaitImported(file)
  })

  itImportedEachOnce(sender)
})
