import assert from 'node:assert/strict'
import { describe, it } from 'mocha'
import { parse } from 'yaml'
import type { Agency } from '../../src/agencies/index.ts'
import { undoImport } from '../../src/import/index.ts'
import type { RecordKind } from '../../src/records/index.ts'
import {
  createCourt,
  createNight,
  layoutNames,
  templateFor,
  writeNight,
} from '../../src/sample/index.ts'
import { useImportHouse } from './import-house.ts'

const kinds: readonly RecordKind[] = [
  'clients',
  'contacts',
  'cases',
  'events',
  'locations',
  'judges',
  'payments',
]

const columns = {
  'client.reference': 'Party ID',
  'client.firstName': 'First Name',
  'contact.phone': 'Phone',
  'event.reference': 'Hearing ID',
  'event.startsAt': 'Start',
  'event.location': 'Location',
  'event.room': 'Room',
  'case.number': 'Case Number',
}
const template = { template: 'nightly', columns }
const head = 'Party ID,First Name,Phone,Hearing ID,Start,Location,Room,Case Number'
const file = (...rows: string[]) => `${[head, ...rows].join('\r\n')}\r\n`
const one = '1,Ana,5125550101,H1,03/01/2027 9:00 AM,Main,4,CR-1'
const two = '2,Bob,5125550102,H2,03/02/2027 9:00 AM,Main,4,CR-2'

describe('undoImport', () => {
  const house = useImportHouse()

  async function exportAll(agency: Agency): Promise<unknown> {
    const all: Record<string, unknown> = {}
    for (const kind of kinds) all[kind] = await house.list(agency, kind)
    return all
  }
  const undo = (agency: Agency, uploadId: string) =>
    undoImport(house.inbox, agency.agencyId, uploadId, 'ana')

  async function importAll(agency: Agency, uploadId: string) {
    while (await house.inbox.settleOnce());
    while (await house.importer.runOnce());
    return house.inbox.uploads.get(agency.agencyId, uploadId)
  }

  for (const layout of layoutNames)
    it(`leaves the export as it was before, for nights of ${layout}`, async () => {
      const agency = await house.openAgency(parse(templateFor(layout)) as object)
      const court = createCourt({
        seed: `undo ${layout}`,
        timeZone: 'America/Chicago',
        from: '2026-11-23',
        people: 40,
        cases: 30,
        events: 60,
      })
      const states: { uploadId: string; before: unknown }[] = []
      for (const number of [0, 1, 2]) {
        const before = await exportAll(agency)
        const { fileName, bytes } = await writeNight(createNight(court, number), layout)
        const { uploadId, state } = await house.send(agency, `${number}-${fileName}`, bytes)
        assert.match(state, /^imported/)
        states.push({ uploadId, before })
        assert.notDeepEqual(await exportAll(agency), before)
      }
      for (const { uploadId, before } of states.toReversed()) {
        assert.equal((await undo(agency, uploadId)).state, 'undone')
        assert.deepEqual(await exportAll(agency), before)
      }
    })

  it('names the later uploads in the way, newest first, and what they did, by our own numbers', async () => {
    const agency = await house.openAgency(template)
    const first = await house.send(agency, 'first.csv', file(one, two))
    const second = await house.send(agency, 'second.csv', file(one.replace(',4,', ',5,')))
    const third = await house.send(
      agency,
      'third.csv',
      file(two.replace(',4,', ',6,').replace('Bob', 'Bobby')),
    )
    const before = await exportAll(agency)
    const [event] = await house.list(agency, 'events')
    await assert.rejects(undo(agency, first.uploadId), (error: Error & Record<string, unknown>) => {
      assert.deepEqual([error.name, error['code']], ['ConflictError', 'UNDO_BLOCKED'])
      const at = (id: string) => error.message.indexOf(id)
      assert.ok(at(third.uploadId) > 0 && at(third.uploadId) < at(second.uploadId), error.message)
      assert.match(error.message, /third\.csv \([-0-9a-f]{36}\): 1 client, 1 event \(\d+\);/)
      assert.ok(error.message.includes(`1 event (${String(event!['eventId'])})`), error.message)
      assert.match(String(error['hint']), /uploads undo/)
      assert.doesNotMatch(error.message, /Bob|555|CR-/)
      return true
    })
    assert.deepEqual(await exportAll(agency), before)
    assert.equal((await house.inbox.uploads.get(agency.agencyId, first.uploadId)).state, 'imported')
    for (const { uploadId } of [third, second, first]) await undo(agency, uploadId)
    assert.deepEqual((await house.list(agency, 'clients')).length, 0)
  })

  it('takes an undone file again when it is sent again, and when it is retried', async () => {
    const agency = await house.openAgency(template)
    const content = file(one, two)
    const { uploadId } = await house.send(agency, 'a.csv', content)
    const before = await exportAll(agency)
    await undo(agency, uploadId)
    const again = await house.send(agency, 'a.csv', content)
    assert.equal(again.state, 'imported')
    await undo(agency, again.uploadId)
    await house.inbox.uploads.retry(agency.agencyId, again.uploadId, 'ana')
    assert.equal((await importAll(agency, again.uploadId)).state, 'imported')
    const withoutIds = (all: unknown) => JSON.stringify(all).replaceAll(/"eventId":"\d+"/g, '')
    assert.equal(withoutIds(await exportAll(agency)), withoutIds(before))
  })

  it('takes a file again whose rows went with an undone one that had brought them first', async () => {
    const agency = await house.openAgency(template)
    const first = await house.send(agency, 'a.csv', file(one))
    const content = file(one, two)
    await house.send(agency, 'b.csv', content)
    await undo(agency, first.uploadId)
    assert.equal((await house.list(agency, 'events')).length, 1)
    const again = await house.send(agency, 'c.csv', content)
    assert.equal(again.state, 'imported')
    assert.equal((await house.list(agency, 'events')).length, 2)
    assert.equal((await house.send(agency, 'd.csv', content)).state, 'duplicate')
  })

  it('retries with the newest version of the template', async () => {
    const agency = await house.openAgency(template)
    const { uploadId } = await house.send(agency, 'a.csv', file(one))
    await undo(agency, uploadId)
    const { ['event.room']: _room, ...others } = columns
    const next = { template: 'nightly', columns: { ...others, 'event.type': 'Room' } }
    await house.templates.importTemplate(agency.agencyId, JSON.stringify(next), 'test')
    await house.inbox.uploads.retry(agency.agencyId, uploadId, 'ana')
    assert.equal((await importAll(agency, uploadId)).templateVersion, 2)
    const [event] = await house.list(agency, 'events')
    assert.deepEqual([event!['room'], event!['type']], [null, '4'])
  })

  it('undoes a file that was retried after an undo, back to the same state', async () => {
    const agency = await house.openAgency(template)
    await house.send(agency, 'a.csv', file(one))
    const before = await exportAll(agency)
    const { uploadId } = await house.send(agency, 'b.csv', file(one.replace(',4,', ',5,'), two))
    for (let round = 0; round < 3; round++) {
      await undo(agency, uploadId)
      assert.deepEqual(await exportAll(agency), before)
      await house.inbox.uploads.retry(agency.agencyId, uploadId, 'ana')
      assert.equal((await importAll(agency, uploadId)).state, 'imported')
      assert.equal((await house.list(agency, 'events')).length, 2)
    }
  })

  it('refuses, rather than break, when a record would have to refer to one that was taken back since', async () => {
    const agency = await house.openAgency(template)
    await house.send(agency, 'a.csv', file(two))
    const annex = await house.send(agency, 'b.csv', file(one.replace('Main', 'Annex')))
    await house.send(agency, 'c.csv', file(two.replace('Main', 'Annex')))
    const back = await house.send(agency, 'd.csv', file(two.replace('Main', 'Tower')))
    await undo(agency, annex.uploadId)
    await assert.rejects(undo(agency, back.uploadId), {
      name: 'ConflictError',
      code: 'UNDO_BLOCKED',
      message: /taken back since/,
    })
    const [event] = await house.list(agency, 'events')
    assert.equal(event!['location'], 'Tower')
  })

  it('does nothing a second time, and refuses what was never imported', async () => {
    const agency = await house.openAgency(template)
    const { uploadId } = await house.send(agency, 'a.csv', file(one))
    const { finishedAt } = await undo(agency, uploadId)
    const again = await undo(agency, uploadId)
    assert.deepEqual([again.state, again.finishedAt], ['undone', finishedAt])
    const refused = await house.send(agency, 'b.csv', 'a,b\r\n1,2\r\n')
    assert.equal(refused.state, 'refused')
    await assert.rejects(undo(agency, refused.uploadId), { code: 'UPLOAD_STATE' })
    await assert.rejects(undo(agency, 'ffffffff'), { code: 'UPLOAD_NOT_FOUND' })
  })
})
