import assert from 'node:assert/strict'
import { createAgencies } from '../../src/agencies/index.ts'
import type { Agencies, Quota } from '../../src/agencies/index.ts'
import { useDatabase } from '../support/database.ts'

const none: Quota = {
  maxFileBytes: null,
  maxDayBytes: null,
  maxDayFiles: null,
  maxEntries: null,
  maxBytesPerSecond: null,
}

describe('Limits of accounts and agencies', () => {
  const database = useDatabase()
  let agencies: Agencies
  before(async () => {
    agencies = createAgencies({ db: database.db })
    const input = { agency: 'acme', name: 'Acme', timeZone: 'America/Chicago' }
    await agencies.create(input, 'test')
  })

  const set = (quota: Partial<Quota>) => agencies.updateAccount('acme', { quota }, 'test')

  const details = async (action: string) => {
    const rows = await database
      .db<{ action: string; detail: unknown }>('audit_entries')
      .where({ action })
      .select('detail')
    return rows.map(({ detail }) => detail)
  }

  it('are none at first, change one by one, and are gone when all are taken away', async () => {
    assert.equal((await agencies.getAccount('acme')).quota, undefined)
    const changed = await set({ maxFileBytes: 2 ** 40, maxDayFiles: 3 })
    assert.deepEqual(changed.quota, { ...none, maxFileBytes: 2 ** 40, maxDayFiles: 3 })
    await set({ maxDayFiles: 3 })
    assert.deepEqual((await set({ maxDayFiles: null })).quota, { ...none, maxFileBytes: 2 ** 40 })
    const login = await agencies.findLogin('acme')
    assert.equal(login?.account.quota?.maxFileBytes, 2 ** 40)
    assert.equal((await set({ maxFileBytes: null })).quota, undefined)
    const told = (await details('account.set')) as { quota?: Quota }[]
    assert.equal(told.length, 3, 'what changes nothing is not written down')
    assert.deepEqual(told[0]?.quota, { ...none, maxFileBytes: 2 ** 40, maxDayFiles: 3 })
    assert.equal(told[2]?.quota, undefined)
  })

  it('are refused when they cannot be kept', async () => {
    const wrong: Partial<Quota>[] = [
      { maxFileBytes: 0 },
      { maxDayBytes: -1 },
      { maxDayFiles: 1.5 },
      { maxEntries: 2 ** 31 },
      { maxBytesPerSecond: 1023 },
      { maxFileBytes: Number.NaN },
      { maxDayBytes: Infinity },
    ]
    for (const quota of wrong)
      await assert.rejects(set(quota), { code: 'USAGE_INVALID' }, JSON.stringify(quota))
    assert.equal((await agencies.getAccount('acme')).quota, undefined)
  })

  it('are extensions in one spelling, each once; an empty list is any', async () => {
    const list = (extensions: string[]) => agencies.update('acme', { extensions }, 'test')
    assert.deepEqual((await list(['.CSV', ' txt', 'csv'])).extensions, ['csv', 'txt'])
    assert.deepEqual((await agencies.get('acme')).extensions, ['csv', 'txt'])
    await agencies.update('acme', { helpPhone: '602-555-0100' }, 'test')
    assert.deepEqual((await agencies.get('acme')).extensions, ['csv', 'txt'], 'left alone')
    assert.equal((await list([])).extensions, undefined)
    const [first, , last] = await details('agency.set')
    assert.deepEqual(first, { extensions: { from: null, to: ['csv', 'txt'] } })
    assert.deepEqual(last, { extensions: { from: ['csv', 'txt'], to: null } })
    for (const wrong of [['a.b'], [''], ['*'], ['../x'], ['x'.repeat(17)], ['ü']])
      await assert.rejects(list(wrong), { code: 'USAGE_INVALID' }, wrong.join())
    await assert.rejects(list(Array.from({ length: 51 }, (_, at) => `x${at}`)), {
      code: 'USAGE_INVALID',
    })
  })
})
