import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { readdirSync, readFileSync } from 'node:fs'
import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { after, describe, it } from 'mocha'
import { parse } from 'yaml'
import type { Agency } from '../../src/agencies/index.ts'
import { toReceipt } from '../../src/inbox/index.ts'
import type { Upload, UploadReport } from '../../src/inbox/index.ts'
import type { RecordKind } from '../../src/records/index.ts'
import { useImportHouse } from './import-house.ts'

const folder = new URL('../fixtures/reports/', import.meta.url)
const expectedEnding = '.json'

type Plain = Readonly<Record<string, unknown>>

/** What stands beside a file: all that its import must say and leave behind. */
interface Expected {
  readonly template: string
  readonly timeZone: string
  /** Files imported before it, in this order. */
  readonly after?: readonly string[]
  /** Words that the explanation must hold. */
  readonly says?: readonly string[]
  /** Without ids, times, hash and size; `guard` as far as given. */
  readonly report: Plain & { readonly guard?: Plain; readonly issues: readonly Plain[] }
  readonly records: Readonly<Record<RecordKind, readonly Plain[]>>
}

const readExpected = (name: string) =>
  JSON.parse(readFileSync(new URL(`${name}${expectedEnding}`, folder), 'utf8')) as Expected

const names = readdirSync(folder)
  .filter((name) => name.endsWith(expectedEnding))
  .map((name) => name.slice(0, -expectedEnding.length))

const kinds: readonly RecordKind[] = [
  'clients',
  'contacts',
  'cases',
  'events',
  'locations',
  'judges',
  'payments',
]

const byText = (records: readonly Plain[]) =>
  records.map((record) => JSON.stringify(record, sortKeys)).sort()

function sortKeys(_key: string, value: unknown): unknown {
  const isMap = typeof value === 'object' && value !== null && !Array.isArray(value)
  return isMap ? Object.fromEntries(Object.entries(value).sort()) : value
}

/** Of a report, the keys of design/interface.md §7 that do not differ from run to run; `guard` as far as it is asked. */
function toComparable(report: UploadReport, { guard }: Expected['report']): Plain {
  const { fileName, template, templateVersion, method, state, reason, rows, records, events } =
    report
  const { encoding, delimiter, headerRow, sheet, drift } = report.detected
  const asked = Object.keys(guard ?? {}).map((key) => [key, report.guard[key]])
  return {
    ...{ fileName, template, templateVersion, method, state, reason, rows, records, events },
    issues: report.issues,
    detected: { encoding, delimiter, headerRow, sheet, drift },
    ...(guard === undefined ? {} : { guard: Object.fromEntries(asked) as Plain }),
  }
}

/** Issues in an order of their own: the contract has none. */
const sorted = <Report extends { readonly issues?: unknown }>(report: Report) => ({
  ...report,
  issues: byText(report.issues as Plain[]),
})

/** Events without their ids; `rescheduledFrom` becomes the local start of the event it names. */
function withoutIds(events: readonly Plain[]): Plain[] {
  const starts = new Map(
    events.map(({ eventId, localDate, localTime }) => [
      eventId,
      `${String(localDate)} ${String(localTime)}`,
    ]),
  )
  return events.map(({ eventId, ...event }) => {
    assert.match(String(eventId), /^\d+$/)
    const { rescheduledFrom } = event as { rescheduledFrom?: unknown }
    return {
      ...event,
      rescheduledFrom: rescheduledFrom === null ? null : starts.get(rescheduledFrom),
    }
  })
}

interface Ending {
  readonly agency: Agency
  readonly upload: Upload
}

/** So many files are imported at once, the next ones ahead of their tests. */
const lanes = 4

describe('a file as a court sends it', function () {
  this.timeout(60_000)
  const started = new Map<string, Promise<Ending>>()
  after(() => Promise.allSettled(started.values()))
  const house = useImportHouse()

  async function openAgency({ template, timeZone }: Expected): Promise<Agency> {
    const yaml = await readFile(new URL(`templates/${template}.yaml`, folder), 'utf8')
    return house.openAgency(parse(yaml) as object, timeZone)
  }

  /** Other files are on their way too, and whoever takes an upload from the queue may have taken this one. */
  async function sendFixture(agency: Agency, name: string): Promise<Upload> {
    const { uploadId } = await house.receive(agency, name, await readFile(new URL(name, folder)))
    for (;;) {
      const isBusy = (await house.inbox.settleOnce()) || (await house.importer.runOnce())
      const upload = await house.inbox.uploads.get(agency.agencyId, uploadId)
      if (upload.state === 'held' || upload.archivedAt !== null) return upload
      if (!isBusy) await sleep(5)
    }
  }

  async function importFixture(name: string): Promise<Ending> {
    const expected = readExpected(name)
    const agency = await openAgency(expected)
    for (const earlier of expected.after ?? []) await sendFixture(agency, earlier)
    return { agency, upload: await sendFixture(agency, name) }
  }

  /** The ending of one file; the files after it are begun too. */
  function getEnding(name: string): Promise<Ending> {
    const at = names.indexOf(name)
    for (const next of names.slice(at, at + lanes)) {
      if (started.has(next)) continue
      const ending = importFixture(next)
      // Its own test tells of it.
      ending.catch(() => undefined)
      started.set(next, ending)
    }
    return started.get(name) ?? importFixture(name)
  }

  /** What the sender finds beside the file. */
  async function readReceipt(agency: Agency, { state, uploadId }: Upload): Promise<Plain> {
    const area = join(
      house.home,
      'agencies',
      agency.agency,
      state === 'refused' ? 'error' : 'processed',
    )
    const id8 = uploadId.slice(-8)
    const found = (await readdir(area, { recursive: true })).find((path) =>
      path.endsWith(`__${id8}.receipt.json`),
    )
    assert.ok(found, `no receipt in ${area}`)
    return JSON.parse(await readFile(join(area, found), 'utf8')) as Plain
  }

  it('stands here with what is expected of it, and is told of in the README', async () => {
    const files = readdirSync(folder, { withFileTypes: true })
      .filter((entry) => entry.isFile() && !/\.json$|^README\.md$/.test(entry.name))
      .map((entry) => entry.name)
    assert.deepEqual(files.sort(), names.toSorted())
    assert.ok(files.length >= 40)
    const told = await readFile(new URL('README.md', folder), 'utf8')
    assert.deepEqual(
      files.filter((name) => !told.includes(`| \`${name}\` |`)),
      [],
    )
  })

  for (const name of names)
    it(`gives the expected report and records: ${name}`, async () => {
      const expected = readExpected(name)
      const { agency, upload } = await getEnding(name)
      const report = toReceipt(upload)
      assert.deepEqual(
        sorted(toComparable(report, expected.report)),
        sorted(expected.report),
        upload.explanation ?? '',
      )
      for (const words of expected.says ?? [])
        assert.ok(upload.explanation?.includes(words), `${words}: ${upload.explanation ?? ''}`)
      assert.equal(expected.says === undefined, upload.explanation === null)

      for (const kind of kinds) {
        const exported = await house.list(agency, kind)
        const plain = kind === 'events' ? withoutIds(exported) : exported
        assert.deepEqual(byText(plain), byText(expected.records[kind]), kind)
      }

      const bytes = await readFile(new URL(name, folder))
      assert.equal(report.bytes, bytes.length)
      assert.equal(report.sha256, createHash('sha256').update(bytes).digest('hex'))
      if (upload.state !== 'held')
        assert.deepEqual(await readReceipt(agency, upload), JSON.parse(JSON.stringify(report)))
      const rejected = await house.inbox.uploads.listRejectedRows(agency.agencyId, upload.uploadId)
      const counted = upload.state === 'refused' ? 0 : report.rows.rejected
      assert.equal(rejected.length, counted)
    })
})
