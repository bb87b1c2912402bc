import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { useDatabase } from '../support/database.ts'
import { create, createFixture, resume, writeAll } from './inbox-fixture.ts'
import type { Fixture } from './inbox-fixture.ts'

describe('rows of received files', () => {
  const database = useDatabase()
  let fixture: Fixture
  const session = randomUUID()

  beforeEach(async () => {
    fixture = await createFixture(database.db)
  })
  afterEach(() => fixture.close())

  const names = async () => {
    const rows = await database.db('uploads').select('file_name').orderBy('seq')
    return rows.map(({ file_name }: { file_name: string }) => file_name)
  }

  async function sendAll(count: number): Promise<string[]> {
    const ids: string[] = []
    for (let at = 0; at < count; at += 1) {
      const path = [`${at}.csv`]
      const file = await fixture.inbox.receiving.openFile(fixture.sender(session), path, create)
      await writeAll(file, 'a,b\n1,2\n')
      await file.close()
      ids.push(file.uploadId)
    }
    return ids
  }

  it('stand when the session is over, in the order in which the files were closed', async () => {
    await sendAll(30)
    await fixture.inbox.receiving.whenRecorded()
    assert.deepEqual(
      await names(),
      Array.from({ length: 30 }, (_, at) => `${at}.csv`),
    )
  })

  it('stand for whoever asks for the uploads', async () => {
    const [id = ''] = await sendAll(1)
    assert.equal((await fixture.get(id)).state, 'received')
    await sendAll(2)
    assert.equal((await fixture.inbox.uploads.list(fixture.agency.agencyId)).length, 3)
  })

  it('stand before a name is changed, gone on with or removed', async () => {
    const [first = '', second = '', third = ''] = await sendAll(3)
    const sender = fixture.sender(session)
    const { receiving } = fixture.inbox
    await receiving.rename(sender, ['0.csv'], ['moved.csv'], { overwrite: false })
    await receiving.remove(sender, ['1.csv'])
    const file = await receiving.openFile(sender, ['2.csv'], resume)
    assert.equal(file.uploadId, third)
    await file.close()
    assert.equal((await fixture.get(first)).fileName, 'moved.csv')
    assert.equal((await fixture.get(second)).state, 'withdrawn')
    assert.equal((await fixture.get(third)).state, 'received')
  })
})
