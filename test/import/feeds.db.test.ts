import assert from 'node:assert/strict'
import { describe, it } from 'mocha'
import type { Agency, Feed } from '../../src/agencies/index.ts'
import { useImportHouse } from './import-house.ts'

const template = {
  template: 'nightly',
  columns: { 'client.reference': 'Party ID', 'client.fullName': 'Name' },
}
const file = (number: number) => `Party ID,Name\r\n${number},"LEE, ANN"\r\n`

describe('files of a feed', () => {
  const house = useImportHouse()

  async function openFeed(changes: Partial<Feed>): Promise<Agency> {
    const agency = await house.openAgency(template)
    const feed = {
      feed: 'ecr',
      template: 'nightly',
      match: '*.csv',
      exclude: null,
      sortBy: 'time' as const,
      expectBy: null,
      expectDays: [],
    }
    await house.agencies.saveFeed(agency.agency, { ...feed, ...changes }, 'test')
    return agency
  }

  /** Sends files one after another, and gives the names in the order in which they are imported. */
  async function order(agency: Agency, names: readonly string[]): Promise<string[]> {
    for (const [index, name] of names.entries()) await house.receive(agency, name, file(index))
    while (await house.inbox.settleOnce());
    const done: string[] = []
    for (;;) {
      const claim = await house.inbox.queue.claim()
      if (claim === undefined) return done
      done.push(claim.upload.fileName)
      await house.importer.importClaim(claim)
    }
  }

  it('are read in the order in which they came, where the feed goes by time', async () => {
    const agency = await openFeed({})
    assert.deepEqual(await order(agency, ['c.csv', 'a.csv', 'b.csv']), ['c.csv', 'a.csv', 'b.csv'])
  })

  it('are read in the order of their names, where the feed says so', async () => {
    const agency = await openFeed({ sortBy: 'name' })
    const names = ['p10.csv', 'P2.csv', 'p1.csv', 'p3.csv']
    assert.deepEqual(await order(agency, names), ['p1.csv', 'P2.csv', 'p3.csv', 'p10.csv'])
  })

  it('come by the place of the earliest of them beside files of other feeds', async () => {
    const agency = await openFeed({ sortBy: 'name', match: 'p*' })
    const rest = { feed: 'rest', template: 'nightly', match: '*', exclude: null }
    const feed = { ...rest, sortBy: 'time' as const, expectBy: null, expectDays: [] }
    await house.agencies.saveFeed(agency.agency, feed, 'test')
    const names = ['p2.csv', 'z.csv', 'p1.csv', 'a.csv']
    assert.deepEqual(await order(agency, names), ['p1.csv', 'p2.csv', 'z.csv', 'a.csv'])
  })

  it('are ordered by the date in the name, where the pattern declares one', async () => {
    const agency = await openFeed({ sortBy: 'name', match: 'x.{MMddyyyy}.csv' })
    const names = ['x.01022027.csv', 'x.12312026.csv', 'x.01012027.csv']
    assert.deepEqual(await order(agency, names), [names[1], names[2], names[0]])
  })

  it('of one name keep the order in which they came', async () => {
    const agency = await openFeed({ sortBy: 'name' })
    for (const number of [1, 2]) await house.receive(agency, 'same.csv', file(number))
    while (await house.inbox.settleOnce());
    while (await house.importer.runOnce());
    const uploads = await house.inbox.uploads.list(agency.agencyId)
    const [newest, oldest] = uploads
    assert.ok((oldest?.finishedAt ?? 0) < (newest?.finishedAt ?? 0))
  })

  it('are held when the date in the name is before that of the last one, and read when a person insists', async () => {
    const agency = await openFeed({ match: 'ECR_{yyyyMMdd}*.csv' })
    const first = await house.send(agency, 'ECR_20261123.csv', file(1))
    assert.equal(first.state, 'imported')
    const late = await house.send(agency, 'ECR_20261122.csv', file(2))
    assert.deepEqual([late.state, late.reason], ['held', 'OUT_OF_ORDER'])
    assert.match(late.explanation ?? '', /2026-11-22.*2026-11-23 \(ECR_20261123\.csv\).*--force/)
    assert.equal((await house.list(agency, 'clients')).length, 1)
    const { agencyId } = agency
    const { release } = house.inbox.uploads
    await assert.rejects(release(agencyId, late.uploadId, 'test'), { code: 'OUT_OF_ORDER' })
    await release(agencyId, late.uploadId, 'test', { force: true })
    while (await house.importer.runOnce());
    const { state } = await house.inbox.uploads.get(agencyId, late.uploadId)
    assert.deepEqual([state, (await house.list(agency, 'clients')).length], ['imported', 2])
  })

  it('of the same or a later date, or without a date, are not held', async () => {
    const agency = await openFeed({ match: 'ECR_{yyyyMMdd}*.csv' })
    for (const [index, name] of [
      'ECR_20261123.csv',
      'ECR_20261123_2.csv',
      'ECR_20261124.csv',
      'ECR_99999999.csv',
    ].entries())
      assert.equal((await house.send(agency, name, file(index))).state, 'imported', name)
  })

  it('without a declared date are never held for their names', async () => {
    const agency = await openFeed({ match: 'ECR_*.csv' })
    for (const [index, name] of ['ECR_20261123.csv', 'ECR_20261122.csv'].entries())
      assert.equal((await house.send(agency, name, file(index))).state, 'imported')
  })
})

describe('drift', () => {
  const house = useImportHouse()
  const wide = {
    template: 'wide',
    columns: {
      'client.reference': 'Party ID',
      'participant.role': 'Role',
      'contact.phone': 'Phone1',
    },
  }
  const drift = async (agency: Agency, header: string, ...rows: string[]) => {
    const content = `${[header, ...rows].join('\r\n')}\r\n`
    const upload = await house.send(agency, 'x.csv', content)
    return { ...upload, drift: upload.report?.detected.drift }
  }

  it('is told against the last imported file of the feed, and only once', async () => {
    const agency = await house.openAgency(wide)
    const header = 'Party ID,Role,Phone1,Zip Code'
    const first = await drift(agency, header, '1,DEF,5125550142,1')
    assert.deepEqual(first.drift, ['new column: Zip Code'])
    assert.deepEqual((await drift(agency, header, '2,DEF,5125550142,1')).drift, [])
    const renamed = await drift(agency, 'PARTY_ID,Role,Phone1,ZipCode,Age', '3,DEF,,1,9')
    assert.deepEqual(renamed.drift, [
      'Party ID is now PARTY_ID',
      'Zip Code is now ZipCode',
      'new column: Age',
    ])
    assert.deepEqual((await drift(agency, 'PARTY_ID,Role,Phone1,Age', '4,DEF,,9')).drift, [
      'missing column: ZipCode',
    ])
  })

  it('says why a mapped column is missing when the file is refused, with or without a file before', async () => {
    const agency = await house.openAgency(wide)
    const header = 'Party ID,Role,Phone 1'
    for (const before of [false, true]) {
      if (before) await drift(agency, 'Party ID,Role,Phone1', '1,DEF,')
      const refused = await drift(agency, header, '1,DEF,5125550142')
      assert.deepEqual([refused.state, refused.reason], ['refused', 'COLUMN_MISSING'])
      assert.deepEqual(refused.drift, ['Phone1 is now Phone 1'])
      assert.match(refused.explanation ?? '', /"Phone1" \(the nearest is "Phone 1"\)/)
      assert.deepEqual(
        await house.list(agency, 'clients').then((all) => all.length),
        before ? 1 : 0,
      )
    }
  })

  it('tells codes that are new and mean nothing known, with the texts', async () => {
    const agency = await house.openAgency(wide)
    const header = 'Party ID,Role,Phone1'
    const first = await drift(agency, header, '1,Town Crier,', '2,DEF,')
    assert.deepEqual(first.drift, ['new code in participant.role: "Town Crier"'])
    const second = await drift(agency, header, '1,Town Crier,', '2,Bailiff,')
    assert.deepEqual(second.drift, ['new code in participant.role: "Bailiff"'])
    assert.deepEqual(second.report?.detected.unknownCodes, {
      'participant.role': ['Town Crier', 'Bailiff'],
    })
    assert.deepEqual((await drift(agency, header, '3,Bailiff,')).drift, [])
  })

  it('is not told for mended rows, nor against a file of another template', async () => {
    const agency = await house.openAgency(wide)
    await drift(agency, 'Party ID,Role,Phone1,Zip', '1,DEF,,1')
    const narrow = { template: 'narrow', columns: { 'client.reference': 'Party ID' } }
    await house.templates.importTemplate(agency.agencyId, JSON.stringify(narrow), 'test')
    const feed = { feed: 'narrow', template: 'narrow', match: '*', exclude: null }
    const whole = { ...feed, sortBy: 'time' as const, expectBy: null, expectDays: [] }
    await house.agencies.saveFeed(agency.agency, whole, 'test')
    assert.deepEqual((await drift(agency, 'Party ID,Role', '1,DEF')).drift, ['new column: Role'])
  })
})
