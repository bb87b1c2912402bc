import assert from 'node:assert/strict'
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, it } from 'mocha'
import { createKeyedLock } from '../../src/inbox/keyed-lock.ts'
import { createSyncFolder } from '../../src/inbox/sync-folder.ts'
import { writeDurable } from '../../src/inbox/write-durable.ts'

describe('syncFolder', () => {
  let folder = ''
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'dd-sync-'))
  })
  afterEach(() => rm(folder, { recursive: true }))

  it('shares a sync between callers that came while one ran', async () => {
    const sync = createSyncFolder()
    const first = sync(folder)
    const [second, third] = [sync(folder), sync(folder)]
    assert.notEqual(first, second, 'the running one may have begun too early')
    assert.equal(second, third)
    await Promise.all([first, second, third])
  })

  it('tells every caller of a folder that cannot be synced', async () => {
    const sync = createSyncFolder()
    const gone = join(folder, 'gone')
    const results = await Promise.allSettled([sync(gone), sync(gone), sync(gone)])
    assert.deepEqual(
      results.map(({ status }) => status),
      ['rejected', 'rejected', 'rejected'],
    )
  })

  it('leaves the old file and nothing else when a durable write fails', async () => {
    const sync = createSyncFolder()
    const path = join(folder, 'receipt.json')
    await writeDurable(path, 'old', sync)
    async function* broken(): AsyncGenerator<string> {
      yield await Promise.resolve('new')
      throw new Error('no more')
    }
    await assert.rejects(writeDurable(path, broken(), sync), /no more/)
    assert.equal(await readFile(path, 'utf8'), 'old')
    assert.deepEqual(await readdir(folder), ['receipt.json'])
  })
})

describe('keyedLock', () => {
  it('runs work of one key in order and other keys meanwhile', async () => {
    const lock = createKeyedLock()
    const order: string[] = []
    let open = (): void => undefined
    const gate = new Promise<void>((resolve) => (open = resolve))
    const one = lock('a', async () => {
      await gate
      order.push('one')
      throw new Error('fails')
    })
    const two = lock('a', () => Promise.resolve(void order.push('two')))
    await lock('b', () => Promise.resolve(void order.push('other')))
    open()
    await assert.rejects(one)
    await two
    assert.deepEqual(order, ['other', 'one', 'two'])
  })
})
