import assert from 'node:assert/strict'
import { chmod, mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createSecretBox } from '../../src/config/index.ts'

describe('the secret box', () => {
  let folder = ''
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'docketdrop-box-'))
  })
  afterEach(() => rm(folder, { recursive: true, force: true }))
  const keyPath = () => join(folder, 'keys', 'secret.key')
  const openBox = () => createSecretBox(join(folder, 'keys'))

  it('opens what it has sealed, also in another process, and shows nothing of it', async () => {
    const sealed = await openBox().seal('Grüße', 'smtp:1')
    assert.equal(await openBox().open(sealed, 'smtp:1'), 'Grüße')
    assert.ok(!sealed.includes('Gr'))
    assert.notDeepEqual(await openBox().seal('Grüße', 'smtp:1'), sealed)
  })

  it('makes its key at first use, for its user alone, and only once', async () => {
    const boxes = Array.from({ length: 8 }, openBox)
    const all = await Promise.all(boxes.map((box) => box.seal('x', 'a')))
    assert.equal((await stat(keyPath())).mode & 0o777, 0o600)
    for (const sealed of all) assert.equal(await openBox().open(sealed, 'a'), 'x')
  })

  it('opens nothing that was moved, changed, cut or sealed with another key', async () => {
    const box = openBox()
    const sealed = await box.seal('secret', 'agency:1')
    const wrong = { code: 'SECRET_KEY_WRONG' }
    await assert.rejects(box.open(sealed, 'agency:2'), wrong)
    const changed = Buffer.from(sealed)
    changed.writeUInt8(changed.readUInt8(sealed.length - 1) ^ 1, sealed.length - 1)
    await assert.rejects(box.open(changed, 'agency:1'), wrong)
    for (const length of [0, 5, 20, sealed.length - 1])
      await assert.rejects(box.open(sealed.subarray(0, length), 'agency:1'), wrong)
    await rm(keyPath())
    await assert.rejects(openBox().open(sealed, 'agency:1'), wrong)
  })

  it('uses no key that others can read, or that is damaged', async () => {
    await openBox().seal('x', 'a')
    await chmod(keyPath(), 0o644)
    await assert.rejects(openBox().seal('x', 'a'), { code: 'SECRET_KEY_WRONG' })
    await chmod(keyPath(), 0o600)
    const text = await readFile(keyPath(), 'utf8')
    await writeFile(keyPath(), text.slice(0, 10))
    await assert.rejects(openBox().seal('x', 'a'), { code: 'SECRET_KEY_WRONG' })
  })
})
