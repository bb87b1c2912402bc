import assert from 'node:assert/strict'
import { describe, it } from 'mocha'
import type { Agency } from '../../src/agencies/index.ts'
import type { Upload } from '../../src/inbox/index.ts'
import { useImportHouse } from './import-house.ts'

const template = {
  template: 'nightly',
  method: 'replace-template',
  guard: { minRows: 20, rejectedPercent: 60 },
  columns: {
    'client.reference': 'Party ID',
    'client.firstName': 'First Name',
    'contact.phone': 'Phone',
    'event.startsAt': 'Start',
    'event.location': 'Location',
    'case.number': 'Case Number',
  },
}
const head = 'Party ID,First Name,Phone,Start,Location,Case Number'
const row = (id: number, { start = '03/01/2027 9:00 AM', name = 'Ana', place = 'Main' } = {}) =>
  `${id},${name},51255501${String(id).padStart(2, '0')},${start},${place},CR-${id}`
const good = Array.from({ length: 30 }, (_, index) => row(index + 1))
const bad = Array.from({ length: 20 }, (_, index) => row(index + 51, { start: 'TBD' }))
const file = (rows: readonly string[]) => `${[head, ...rows].join('\r\n')}\r\n`

describe('rows that are mended and sent back', () => {
  const house = useImportHouse()

  async function readRejects(upload: Upload): Promise<string> {
    let text = ''
    for await (const piece of house.inbox.uploads.streamRejects(upload)) text += piece
    return text
  }
  const nameOf = ({ uploadId }: Upload) => `ECR__${uploadId.slice(-8)}.rejects.csv`
  const countEvents = async (agency: Agency) => (await house.list(agency, 'events')).length
  const statuses = async (agency: Agency) => [
    ...new Set(
      (await house.list(agency, 'events')).map(
        ({ status, held }) => `${status as string} ${String(held)}`,
      ),
    ),
  ]

  it('are an update, however few, and take nothing off the calendar', async () => {
    const agency = await house.openAgency(template)
    const upload = await house.send(agency, 'ECR.csv', file([...good, ...bad]))
    assert.equal(upload.state, 'imported-with-rejects')
    const mended = (await readRejects(upload)).replaceAll(',TBD,', ',03/05/2027 9:00 AM,')
    const again = await house.send(agency, nameOf(upload), mended)
    assert.deepEqual(
      [again.state, again.report?.method, again.rejectsOf, again.report?.rows.accepted],
      ['imported', 'update', upload.uploadId, 20],
    )
    assert.deepEqual([await countEvents(agency), await statuses(agency)], [50, ['scheduled false']])
  })

  it('stay rejects while they are still ragged, too long or too short, whatever else was mended', async () => {
    const agency = await house.openAgency(template)
    const ragged = [
      '91,Ana,5125550191,03/02/2027 9:00 AM,Annex, North,CR-91',
      '92,Ana,5125550192,03/02/2027 9:00 AM,CR-92',
      row(93, { start: 'TBD' }),
    ]
    const upload = await house.send(agency, 'ECR.csv', file([...good, ...ragged]))
    assert.equal(upload.report?.rows.rejected, 3)
    const text = await readRejects(upload)
    const mended = text.replace(',TBD,', ',03/05/2027 9:00 AM,')
    const again = await house.send(agency, nameOf(upload), mended)
    assert.deepEqual(
      [again.report?.rows.accepted, again.report?.rows.rejected],
      [1, 2],
      JSON.stringify(again.report?.issues),
    )
    assert.deepEqual(
      again.report?.issues.map(({ code }) => code),
      ['ROW_COLUMNS'],
    )
    assert.equal(await countEvents(agency), 31)
    const whole = text
      .replace(',TBD,', ',03/05/2027 9:00 AM,')
      .replace('Annex," North",CR-91', 'Annex North,CR-91,')
      .replace('AM,CR-92,', 'AM,Main,CR-92')
    const last = await house.send(agency, nameOf(upload), whole)
    assert.deepEqual([last.report?.rows.accepted, last.report?.rows.rejected], [3, 0])
    assert.equal(await countEvents(agency), 33)
  })

  it('count also when most are still bad, and those come out as rejects again, to be mended in turn', async () => {
    const agency = await house.openAgency(template)
    const upload = await house.send(agency, 'ECR.csv', file([...good, ...bad]))
    const partly = (await readRejects(upload)).replace(',TBD,', ',03/05/2027 9:00 AM,')
    const first = await house.send(agency, nameOf(upload), partly)
    assert.deepEqual(
      [first.state, first.report?.rows.accepted, first.report?.rows.rejected],
      ['imported-with-rejects', 1, 19],
    )
    const left = await readRejects(first)
    assert.equal(
      left.split('\r\n')[0],
      `\ufeff${head},issue_row,issue_column,issue_code,issue_message`,
    )
    const second = await house.send(
      agency,
      nameOf(first),
      left.replaceAll(',TBD,', ',03/05/2027 9:00 AM,'),
    )
    assert.deepEqual([second.state, second.report?.rows.accepted], ['imported', 19])
    assert.equal(await countEvents(agency), 50)
  })

  it('change nothing when they are sent twice', async () => {
    const agency = await house.openAgency(template)
    const upload = await house.send(agency, 'ECR.csv', file([...good, ...bad]))
    const mended = (await readRejects(upload)).replaceAll(',TBD,', ',03/05/2027 9:00 AM,')
    await house.send(agency, nameOf(upload), mended)
    const before = await house.list(agency, 'events')
    const again = await house.send(agency, nameOf(upload), mended)
    assert.deepEqual(
      [again.state, again.report?.records.events],
      ['imported', { created: 0, updated: 0, unchanged: 20, removed: 0 }],
    )
    assert.deepEqual(await house.list(agency, 'events'), before)
    const next = await house.send(agency, 'ECR.csv', file([...good, ...bad]))
    assert.equal(next.state, 'duplicate', 'mended rows do not count as the last import')
  })

  it('lose exactly the prefix that kept a spreadsheet from running a cell', async () => {
    const agency = await house.openAgency(template)
    const odd = ["'", "''x", '=1+1', '@a', '-5', '+5', "'=1", '\ttab', 'plain', "O'Neil"]
    const rows = odd.map((name, index) => row(index + 51, { start: 'TBD', name: `"${name}"` }))
    const upload = await house.send(agency, 'ECR.csv', file([...good, ...rows]))
    const mended = (await readRejects(upload)).replaceAll(',TBD,', ',03/05/2027 9:00 AM,')
    await house.send(agency, nameOf(upload), mended)
    const sent = await house.openAgency(template)
    const straight = rows.map((line) => line.replace(',TBD,', ',03/05/2027 9:00 AM,'))
    await house.send(sent, 'ECR.csv', file([...good, ...straight]))
    assert.deepEqual(await house.list(agency, 'clients'), await house.list(sent, 'clients'))
  })

  it('are read as an ordinary file when nobody knows the id in the name', async () => {
    const agency = await house.openAgency(template)
    const upload = await house.send(agency, 'ECR.csv', file([...good, ...bad]))
    const mended = (await readRejects(upload)).replaceAll(',TBD,', ',03/05/2027 9:00 AM,')
    const stranger = await house.send(agency, 'ECR__ffffffff.rejects.csv', mended)
    assert.deepEqual([stranger.rejectsOf, stranger.report?.method], [null, 'replace-template'])
    assert.equal(stranger.state, 'held', 'it would take all other dates off the calendar')
    assert.equal(await countEvents(agency), 30)
  })

  it('of another agency are strangers, too', async () => {
    const [agency, other] = [await house.openAgency(template), await house.openAgency(template)]
    const upload = await house.send(agency, 'ECR.csv', file([...good, ...bad]))
    const stranger = await house.send(other, nameOf(upload), await readRejects(upload))
    assert.equal(stranger.rejectsOf, null)
  })
})
