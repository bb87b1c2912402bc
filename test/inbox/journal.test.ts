import assert from 'node:assert/strict'
import { appendFile, mkdtemp, readdir, rm, truncate, utimes, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, it } from 'mocha'
import { createJournal } from '../../src/inbox/journal.ts'
import type { Journal, JournalEntry } from '../../src/inbox/journal.ts'
import { createLayout } from '../../src/inbox/layout.ts'
import { createSyncFolder } from '../../src/inbox/sync-folder.ts'

describe('journal', () => {
  let home: string
  let journal: Journal

  const open = () => createJournal(createLayout(home), createSyncFolder())
  const segments = async () => (await readdir(join(home, 'journal'))).sort()
  const first = async () => join(home, 'journal', (await segments())[0] ?? '')
  const statesOf = async (of: Journal) =>
    (await of.list()).map(({ uploadId, state }) => `${uploadId} ${state}`).sort()

  function entry(uploadId: string, more: Partial<JournalEntry> = {}): JournalEntry {
    return {
      uploadId,
      agencyId: 1,
      agency: 'acme',
      account: 'acme',
      source: 'sftp',
      nodeId: 'node',
      sessionId: null,
      fileName: 'ECR.csv',
      inboxPath: 'ECR.csv',
      device: '1',
      inode: '2',
      bytes: 3,
      state: 'received',
      reason: null,
      forcedTemplate: null,
      openedAt: '2026-11-24T00:00:00.000Z',
      at: '2026-11-24T00:00:00.000Z',
      ...more,
    }
  }

  beforeEach(async () => {
    home = await mkdtemp(join(tmpdir(), 'dd-journal-'))
    await createLayout(home).prepare()
    journal = open()
  })
  afterEach(async () => {
    await journal.close()
    await rm(home, { recursive: true })
  })

  it('is read by another process from the disk as soon as the entry is saved', async () => {
    await journal.save(entry('a'))
    assert.deepEqual(await open().find('a'), entry('a'))
    assert.equal(await open().find('b'), undefined)
  })

  it('keeps the last entry of an upload, and forgets one that is removed', async () => {
    await journal.save(entry('a', { state: 'receiving' }))
    await journal.save(entry('b'))
    await journal.save(entry('a', { state: 'partial' }))
    await journal.remove('b')
    assert.deepEqual(await statesOf(journal), ['a partial'])
    await journal.close()
    assert.deepEqual(await statesOf(open()), ['a partial'])
  })

  it('loses no entry of many that are saved at once', async () => {
    const ids = Array.from({ length: 200 }, (_, at) => `upload-${at}`)
    await Promise.all(ids.map((uploadId) => journal.save(entry(uploadId))))
    const found = new Set((await open().list()).map(({ uploadId }) => uploadId))
    assert.deepEqual(found, new Set(ids))
  })

  it('reads what stands behind a line that a crash has cut', async () => {
    await journal.save(entry('a'))
    await appendFile(await first(), '{"save":{"uploadId":"half')
    await journal.save(entry('b'))
    assert.deepEqual(await statesOf(open()), ['a received', 'b received'])
  })

  it('loses nothing but the last entry when its line is cut', async () => {
    await journal.save(entry('a'))
    await journal.save(entry('b'))
    await journal.close()
    const path = await first()
    const whole = JSON.stringify({ save: entry('b') }).length
    await truncate(path, 2 * (whole + 2) - 10)
    assert.deepEqual(await statesOf(open()), ['a received'])
  })

  it('lets the later of two processes have the last word', async () => {
    await journal.save(entry('a', { state: 'receiving', at: '2026-11-24T00:00:01.000Z' }))
    const other = open()
    await other.save(entry('a', { state: 'partial', at: '2026-11-24T00:00:02.000Z' }))
    await other.close()
    assert.deepEqual(await statesOf(journal), ['a partial'])
    await journal.remove('a')
    assert.deepEqual(await statesOf(journal), [])
  })

  it('takes over what counts of a segment that nobody writes any more, and leaves living ones alone', async () => {
    const dead = open()
    await dead.save(entry('a'))
    await dead.save(entry('b'))
    const path = await first()
    const living = open()
    await living.save(entry('c'))
    await journal.remove('b')
    await utimes(path, new Date(0), new Date(0))
    await journal.tidy()
    assert.equal((await segments()).length, 2)
    assert.deepEqual(await statesOf(open()), ['a received', 'c received'])
    await dead.close()
    await living.close()
  })

  it('shortens its own segment once it is long, and keeps what counts', async () => {
    await journal.save(entry('kept'))
    for (let at = 0; at < 30; at += 1) {
      const ids = Array.from({ length: 100 }, (_, one) => `upload-${at}-${one}`)
      await Promise.all(ids.map((uploadId) => journal.save(entry(uploadId))))
      for (const uploadId of ids) await journal.remove(uploadId)
    }
    const before = await first()
    await journal.tidy()
    assert.notEqual(await first(), before)
    assert.equal((await segments()).length, 1)
    assert.deepEqual(await statesOf(open()), ['kept received'])
  })

  it('leaves no file behind when nothing counts any more', async () => {
    await journal.save(entry('a'))
    await journal.remove('a')
    await journal.close()
    assert.deepEqual(await segments(), [])
  })

  it('fails a save that cannot be written, and goes on afterwards', async () => {
    await rm(join(home, 'journal'), { recursive: true })
    await writeFile(join(home, 'journal'), 'in the way')
    await assert.rejects(journal.save(entry('a')), { code: 'ENOTDIR' })
    await rm(join(home, 'journal'))
    await createLayout(home).prepare()
    await journal.save(entry('a'))
    assert.deepEqual(await statesOf(open()), ['a received'])
  })
})
