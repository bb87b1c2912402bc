import assert from 'node:assert/strict'
import { before, describe, it } from 'mocha'
import { createImporter, createTemplates } from '../../src/import/index.ts'
import type { Importer } from '../../src/import/index.ts'
import type { Agency } from '../../src/agencies/index.ts'
import type { Upload } from '../../src/inbox/index.ts'
import { exportRecords } from '../../src/records/index.ts'
import { useHouse } from '../sftp/sftp-house.ts'
import { ecrTemplate } from '../support/ecr.ts'
import { nightKinds } from '../support/night-files.ts'
import type { NightKind } from '../support/night-files.ts'
import { recordLog } from '../support/record-log.ts'
import { connectClient, openRawSftp } from '../support/ssh-session.ts'

const isLong = process.env['TEST_SIZE'] === 'long'
/** Six kinds at ten points; 300 good files. */
const pointsPerKind = isLong ? 10 : 3
const goodPerWay = isLong ? 25 : 2
const rows = 120

const [OPEN, CLOSE, WRITE] = [3, 4, 6] as const
const create = 0x1a
const block = 32_768

describe('whole and truncated files, from the SFTP session to the records', function () {
  this.timeout(isLong ? 600_000 : 120_000)
  const house = useHouse()
  let importer: Importer

  before(() => {
    const { db, agencies, inbox } = house
    const { log } = recordLog()
    const templates = createTemplates({ db, agencies, log })
    importer = createImporter({
      ...{ db, log, inbox, agencies, templates, graceMs: 20_000, now: () => new Date() },
      bell: { on: () => () => undefined },
    })
  })

  async function openAgency(name: string): Promise<Agency> {
    const { db, agencies } = house
    const { log } = recordLog()
    const made = await agencies.create({ agency: name, name, timeZone: 'America/Chicago' }, 'test')
    await house.inbox.addAgency(name)
    await agencies.addKey(name, { publicKey: house.key.publicKey }, 'test')
    await createTemplates({ db, agencies, log }).importTemplate(made.agencyId, ecrTemplate, 'test')
    return made
  }

  /** Sends the files in one session, each ended by a clean CLOSE, and lets everything happen that then happens. */
  async function send(
    agency: Agency,
    files: readonly (readonly [string, Buffer])[],
  ): Promise<void> {
    const target = { ...house.target, account: agency.agency }
    const sftp = await openRawSftp(await connectClient(target))
    let id = 0
    for (const [name, content] of files) {
      const opened = await sftp.ask(OPEN, ++id, name, create, 0)
      const handle = opened.body.subarray(4, 4 + opened.body.readUInt32BE(0))
      for (let at = 0; at < content.length; at += block)
        await sftp.ask(WRITE, ++id, handle, BigInt(at), content.subarray(at, at + block))
      const closed = await sftp.ask(CLOSE, ++id, handle)
      assert.equal(closed.body.readUInt32BE(0), 0, `CLOSE of ${name} is answered OK`)
    }
    await sftp.end()
    await rest(agency, files.length)
  }

  async function rest(agency: Agency, count: number): Promise<void> {
    const busy = ['receiving', 'received', 'queued', 'importing'] as const
    const deadline = performance.now() + 120_000
    for (;;) {
      while (await house.inbox.settleOnce());
      while (await importer.runOnce());
      const all = await house.inbox.uploads.list(agency.agencyId)
      const isDone = !all.some(({ state }) => busy.some((one) => one === state))
      if (isDone && all.length >= count) return
      assert.ok(performance.now() < deadline, 'the files never came to rest')
    }
  }

  const outcomes = async (agency: Agency): Promise<Map<string, Upload>> =>
    new Map(
      (await house.inbox.uploads.list(agency.agencyId)).map((upload) => [upload.fileName, upload]),
    )
  async function countClients(agency: Agency): Promise<number> {
    let count = 0
    for await (const _ of exportRecords(house.db, agency.agencyId, 'clients')) count += 1
    return count
  }

  /** Points all over the file that leave some rows and do not fall on a border of records. */
  function choosePoints(kind: NightKind, whole: Buffer): number[] {
    return Array.from({ length: pointsPerKind }, (_, at) => {
      const share = 0.06 + (0.9 * (at + 0.37)) / pointsPerKind
      let cut = Math.floor(whole.length * share)
      while (kind.isBorder(whole, cut)) cut += 1
      return cut
    })
  }

  function nameOf(kind: NightKind, mark: string | number): string {
    return kind.fileName.replace('.', `-${mark}.`)
  }

  for (const [number, kind] of nightKinds.entries()) {
    it(`imports no truncated file, not even as a feed's first: ${kind.name}`, async () => {
      const agency = await openAgency(`first-${number}`)
      const whole = await kind.make(rows, 7)
      const points = choosePoints(kind, whole)
      await send(
        agency,
        points.map((cut) => [nameOf(kind, cut), whole.subarray(0, cut)] as const),
      )
      const found = await outcomes(agency)
      for (const cut of points) {
        const upload = found.get(nameOf(kind, cut))
        const said = `${cut} of ${whole.length}: ${JSON.stringify(upload?.evidence)}`
        assert.deepEqual([upload?.state, upload?.reason], ['held', 'TRUNCATED_SUSPECTED'], said)
      }
      assert.equal(await countClients(agency), 0)
    })

    const ways = kind.makeBare === undefined ? [true] : [true, false]
    for (const hasLineEnd of ways)
      it(`holds no good file ${hasLineEnd ? 'with' : 'without'} a final line end: ${kind.name}`, async () => {
        const agency = await openAgency(`good-${number}-${hasLineEnd ? 'end' : 'bare'}`)
        const count = kind.makeBare === undefined ? 2 * goodPerWay : goodPerWay
        const files: [string, Buffer][] = []
        for (let night = 0; night < count; night += 1) {
          const size = 1 + ((night * 23) % 150)
          const content = hasLineEnd ? kind.make(size, night) : kind.makeBare?.(size, night)
          files.push([nameOf(kind, night), (await content) ?? Buffer.alloc(0)])
        }
        await send(agency, files)
        const found = await outcomes(agency)
        for (const [name] of files) {
          const upload = found.get(name)
          assert.equal(upload?.state, 'imported', `${name}: ${upload?.explanation ?? ''}`)
        }
        assert.ok((await countClients(agency)) > 0)
      })
  }

  it('holds also a cut on the border of two records where the files of a feed close with a trailer', async () => {
    const kind = nightKinds.find(({ fileName }) => fileName.includes('trailer'))
    assert.ok(kind)
    const agency = await openAgency('trailer-habit')
    const nights = await Promise.all([1, 2, 3].map((night) => kind.make(40, night)))
    await send(
      agency,
      nights.map((content, night) => [nameOf(kind, night), content] as const),
    )
    const whole = await kind.make(40, 4)
    const border = whole.lastIndexOf('\r\nTRAILER') + 2
    await send(agency, [['ecr-trailer-cut.csv', whole.subarray(0, border)]])
    const cut = (await outcomes(agency)).get('ecr-trailer-cut.csv')
    assert.deepEqual([cut?.state, cut?.reason], ['held', 'TRUNCATED_SUSPECTED'])
    assert.match(cut?.explanation ?? '', /closed with a trailer/)
  })
})
