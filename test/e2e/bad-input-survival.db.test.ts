import assert from 'node:assert/strict'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { before, describe, it } from 'mocha'
import { createFileOpener } from '../../src/agencies/index.ts'
import type { Agency } from '../../src/agencies/index.ts'
import { createImporter } from '../../src/import/index.ts'
import { toReceipt } from '../../src/inbox/index.ts'
import type { Upload } from '../../src/inbox/index.ts'
import { makeWorkbook, makeZip } from '../formats/make-zip.ts'
import { useImportHouse } from '../import/import-house.ts'
import { ecrFile, ecrHeader, ecrRow, ecrTemplate } from '../support/ecr.ts'
import { recordLog } from '../support/record-log.ts'

const mib = 1 << 20

/** Seconds and bytes that one file may cost, whatever it holds; generous, for slow and busy machines. */
const mostSeconds = 60
const mostMemory = 400 * mib

const numbers = (count: number, from = 1000) => Array.from({ length: count }, (_, at) => from + at)
const good = (count: number) => numbers(count).map((number) => ecrRow(number))
const withRow = (row: string) => ecrFile([...good(12), row])

/** An OLE file, as old and protected workbooks are. */
function makeOle(streamNames: readonly string[]): Buffer {
  const ole = Buffer.alloc(20 * 512)
  Buffer.from('d0cf11e0a1b11ae1', 'hex').copy(ole)
  ole.writeUInt16LE(9, 0x1e)
  ole.writeUInt32LE(10, 0x30)
  for (const [at, name] of streamNames.entries()) ole.write(name, 11 * 512 + at * 128, 'utf16le')
  return ole
}

const inline = (cells: readonly string[], row: number) =>
  `<row r="${row}">${cells
    .map(
      (text, at) =>
        `<c r="${String.fromCharCode(65 + at)}${row}" t="inlineStr"><is><t>${text}</t></is></c>`,
    )
    .join('')}</row>`
const sheet = (rows: readonly string[]) =>
  [ecrHeader, ...rows].map((line, at) => inline(line.split(','), at + 1)).join('')
const workbook = (more: Partial<Parameters<typeof makeWorkbook>[0]> = {}) =>
  makeWorkbook({ rows: sheet(good(3)), ...more })

/** A workbook whose sheet inflates to `content`, while its directory says `declaredSize`. */
function makeLyingWorkbook(content: Buffer, declaredSize: number): Buffer {
  const main = 'http://schemas.openxmlformats.org/spreadsheetml/2006/main'
  const office = 'http://schemas.openxmlformats.org/officeDocument/2006/relationships'
  return makeZip([
    { name: '[Content_Types].xml', content: '<Types/>' },
    {
      name: 'xl/workbook.xml',
      content: `<workbook xmlns="${main}" xmlns:r="${office}"><sheets><sheet name="A" sheetId="1" r:id="rId1"/></sheets></workbook>`,
    },
    {
      name: 'xl/_rels/workbook.xml.rels',
      content: `<Relationships><Relationship Id="rId1" Type="${office}/worksheet" Target="worksheets/a.xml"/></Relationships>`,
    },
    { name: 'xl/worksheets/a.xml', content, declaredSize },
  ])
}

interface Trial {
  readonly name: string
  readonly make: () => string | Buffer
  readonly state: Upload['state']
  readonly reason?: string
  /** What a clerk must find in the explanation, or, for a file that is taken, `CODE column count` of each issue. */
  readonly says?: readonly RegExp[]
  readonly issues?: readonly string[]
  /** Rows accepted. */
  readonly accepted?: number
  readonly template?: string
}

const strictTemplate = JSON.stringify({ ...(JSON.parse(ecrTemplate) as object), encoding: 'utf-8' })
const refused = (reason: string, ...says: RegExp[]) => ({ state: 'refused' as const, reason, says })
const held = (reason: string, ...says: RegExp[]) => ({ state: 'held' as const, reason, says })
const taken = (accepted: number, ...issues: string[]) => ({
  state: issues.length > 0 ? ('imported-with-rejects' as const) : ('imported' as const),
  accepted,
  issues,
})
const rejected = (code: string, column = '-', count = 1) => `${code} ${column} ${count}`

const trials: Record<string, Omit<Trial, 'name'>> = {
  'zero.csv': { make: () => '', ...refused('FILE_EMPTY', /no bytes/, /report may have failed/) },
  'blanks.csv': { make: () => ' \r\n\t\r\n', ...refused('FILE_EMPTY', /no rows/) },
  'header-only.csv': { make: () => ecrFile([]), ...held('GUARD_ROWS', /no rows/, /release/) },
  'all-bad.csv': {
    make: () => ecrFile(good(20).map((row) => row.replace(/^P\d+/, ''))),
    ...refused(
      'TOO_MANY_REJECTS',
      /20 of 20 rows/,
      /ROW_REQUIRED in "Party ID"/,
      /nothing was changed/,
    ),
  },
  'ragged.csv': {
    make: () => ecrFile(['P1,Ana', ...good(12)]).replace('P1005,', 'P1005,x,y,'),
    ...taken(11, rejected('ROW_COLUMNS', '-', 2)),
  },
  'unclosed-quote.csv': {
    make: () => withRow(ecrRow(9)).replace('P1004,Ana', 'P1004,"Ana'),
    ...taken(12, rejected('ROW_MALFORMED')),
  },
  'unclosed-quote-at-the-end.csv': {
    make: () => withRow(ecrRow(9).replace('Annex', '"Annex')),
    ...held('TRUNCATED_SUSPECTED', /quote/, /release/),
  },
  'line-of-50-mb.csv': {
    make: () => Buffer.concat([Buffer.from(`${ecrHeader}\r\nP1,`), Buffer.alloc(50 * mib, 'x')]),
    ...refused('ROW_TOO_LONG', /line 2/, /quote is missing/),
  },
  'quoted-line-of-50-mb.csv': {
    make: () => Buffer.concat([Buffer.from(`${ecrHeader}\r\nP1,"`), Buffer.alloc(50 * mib, 'x')]),
    ...refused('ROW_TOO_LONG', /line 2/, /quote is missing/),
  },
  'quote-over-millions-of-lines.csv': {
    make: () => Buffer.concat([Buffer.from(`${ecrHeader}\r\nP1,"`), Buffer.alloc(8 * mib, 'x\n')]),
    ...held('TRUNCATED_SUSPECTED', /quote that opens on line 2/),
  },
  'million-columns.csv': {
    make: () => withRow(','.repeat(mib - 100)),
    ...taken(12, rejected('ROW_MALFORMED')),
  },
  'row-of-stray-quotes.csv': {
    make: () => ecrFile([`"${'x ,""'.repeat(200_000)}`, ...good(12)]),
    ...taken(12, rejected('ROW_MALFORMED')),
  },
  '__proto__.csv': {
    make: () =>
      `${ecrHeader},__proto__,constructor,toString\r\n${ecrRow(31, { status: '__proto__' })},{"polluted":1},x,y\r\n__proto__,constructor,hasOwnProperty,valueOf,toString,,,03/15/2030 9:00 AM,__proto__,__proto__,__proto__,__proto__,__proto__,z,z\r\n`,
    ...taken(2),
  },
  'control-characters.csv': {
    make: () => withRow(ecrRow(9).replace('Ana', 'A\x07\x1b[2Jna')),
    ...taken(12, rejected('ROW_TEXT_INVALID', 'First Name')),
  },
  'nul.csv': {
    make: () => withRow(ecrRow(9).replace('Lee', 'L\0ee')),
    ...taken(12, rejected('ROW_TEXT_INVALID', 'Last Name')),
  },
  'nuls-only.csv': {
    make: () => Buffer.alloc(4096),
    ...refused('BINARY_CONTENT', /binary/, /Send the report/),
  },
  'wrong-encoding.csv': {
    make: () => Buffer.from(withRow(ecrRow(9).replace('Ana', 'Añá')), 'latin1'),
    template: strictTemplate,
    ...refused('ENCODING_INVALID', /not utf-8/, /encoding: auto/),
  },
  'other-mark.csv': {
    make: () => Buffer.from(`\ufeff${withRow(ecrRow(9))}`, 'utf16le'),
    template: strictTemplate,
    ...refused('ENCODING_INVALID', /utf-16le/, /encoding: auto/),
  },
  'utf16-without-mark.csv': { make: () => Buffer.from(ecrFile(good(12)), 'utf16le'), ...taken(12) },
  'utf16-cut-in-a-character.csv': {
    make: () => Buffer.from(ecrFile(good(12)), 'utf16le').subarray(0, -1),
    ...held('TRUNCATED_SUSPECTED', /middle of a character/),
  },
  'bomb.xlsx': {
    make: () => makeLyingWorkbook(Buffer.alloc(64 * mib, ' '), 64 * mib),
    ...refused('ARCHIVE_BOMB', /not opened/, /CSV/),
  },
  'bomb-that-says-it-is-small.xlsx': {
    make: () => makeLyingWorkbook(Buffer.alloc(64 * mib, ' '), 1000),
    ...held('TRUNCATED_SUSPECTED', /workbook/),
  },
  'bomb-that-says-it-is-huge.xlsx': {
    make: () => makeLyingWorkbook(Buffer.from('<worksheet/>'), 2 ** 32 - 2),
    ...refused('ARCHIVE_BOMB', /not opened/),
  },
  'bomb.csv.gz': {
    make: () =>
      Buffer.concat(Array.from({ length: 4 }, () => gzipSync(Buffer.alloc(32 * mib, ' ')))),
    ...refused('ARCHIVE_BOMB'),
  },
  'bomb.zip': {
    make: () => makeZip([{ name: 'night.csv', content: Buffer.alloc(128 * mib, ' ') }]),
    ...refused('ARCHIVE_BOMB'),
  },
  'external-entity.xlsx': {
    make: () => workbook({ prologue: '<!DOCTYPE x [<!ENTITY e SYSTEM "file:///etc/passwd">]>' }),
    ...refused('FORMAT_UNSUPPORTED', /document type/, /save it as \.xlsx/),
  },
  'billion-laughs.xlsx': {
    make: () =>
      workbook({
        extra: [
          {
            name: 'xl/sharedStrings.xml',
            content: `<!DOCTYPE l [<!ENTITY a "ha">${numbers(9, 1)
              .map((n) => `<!ENTITY a${n} "&a${n - 1};&a${n - 1};">`)
              .join('')}]><sst/>`,
          },
        ],
      }),
    ...refused('FORMAT_UNSUPPORTED', /document type/),
  },
  'cut-off.csv': {
    make: () => ecrFile(good(12)).slice(0, -30),
    ...held('TRUNCATED_SUSPECTED', /no line end/, /release/),
  },
  'cut-off.xlsx': {
    make: () => workbook().subarray(0, -300),
    ...held('TRUNCATED_SUSPECTED', /workbook/),
  },
  'protected.xlsx': {
    make: () => makeOle(['Root Entry', 'EncryptedPackage']),
    ...refused('WORKBOOK_ENCRYPTED', /password/, /without a password/),
  },
  'old.xls': {
    make: () => makeOle(['Root Entry', 'Workbook']),
    ...refused('WORKBOOK_LEGACY', /old \.xls/, /CSV or as \.xlsx/),
  },
  'web-page.xlsx': {
    make: () => '<html><body><table><tr><td>Party ID</td></tr></table></body></html>',
    ...refused('FORMAT_UNSUPPORTED', /web page/, /CSV or as \.xlsx/),
  },
  'five-million-blank-lines.csv': {
    make: () => Buffer.concat([Buffer.from(ecrFile(good(3))), Buffer.alloc(5_000_000, '\n')]),
    ...taken(3),
  },
  'only-blank-lines.csv': {
    make: () => Buffer.alloc(5_000_000, '\n'),
    ...refused('FILE_EMPTY', /no rows/),
  },
  'ids-beyond-2-to-53.csv': {
    make: () => withRow(ecrRow(32).replace('P0032', '9007199254740993')),
    ...taken(13),
  },
  'rounded-ids.csv': {
    make: () => withRow(ecrRow(9).replace('P0009', '9.0072E+15')),
    ...taken(12, rejected('ROW_VALUE_DAMAGED', 'Party ID')),
  },
  'extreme-dates.csv': {
    make: () =>
      ecrFile([
        ...good(12),
        ...[
          '01/01/0001 9:00 AM',
          '12/31/9999 9:00 AM',
          '275760-09-13',
          '-271821-04-20',
          '99999999999',
          '1/1/1e9',
        ].map((date, at) => ecrRow(50 + at, { date })),
      ]),
    ...taken(12, rejected('ROW_DATE_INVALID', 'Event Date and Time', 6)),
  },
}

describe('a bad file, in the middle of good ones', function () {
  this.timeout(180_000)
  const house = useImportHouse()
  const agencies = new Map<string, Agency>()
  let night = 0

  const kinds = [
    'clients',
    'contacts',
    'cases',
    'events',
    'locations',
    'judges',
    'payments',
  ] as const
  async function listAll(agency: Agency): Promise<Set<string>> {
    const records: string[] = []
    for (const kind of kinds)
      for (const record of await house.list(agency, kind))
        records.push(`${kind} ${JSON.stringify(record)}`)
    return new Set(records)
  }

  /** A good file that says the same as all good ones, and yet is no duplicate. */
  const sendGood = (agency: Agency) =>
    house.send(
      agency,
      `good-${++night}.csv`,
      `${ecrFile([1, 2, 3].map((n) => ecrRow(n)))}${'\r\n'.repeat(night)}`,
    )

  async function getAgency(template: string) {
    const known = agencies.get(template)
    if (known !== undefined) return known
    const agency = await house.openAgency(JSON.parse(template) as object)
    assert.equal((await sendGood(agency)).state, 'imported')
    agencies.set(template, agency)
    return agency
  }

  before(async () => {
    const { db } = house.database
    house.importer = createImporter({
      db,
      bell: { on: () => () => undefined },
      log: recordLog().log,
      inbox: house.inbox,
      agencies: house.agencies,
      templates: house.templates,
      opener: createFileOpener({ db, home: house.home, keysFolder: join(house.home, 'keys') }),
      graceMs: 20_000,
      now: () => new Date('2026-11-23T12:00:00Z'),
    })
    await getAgency(ecrTemplate)
  })

  for (const [name, trial] of Object.entries(trials))
    it(`${name}: is ${trial.reason ?? trial.state}, harms nothing, and the next file imports`, async () => {
      const agency = await getAgency(trial.template ?? ecrTemplate)
      const standing = await listAll(agency)
      const content = Buffer.from(trial.make() as string)
      const rss = process.resourceUsage().maxRSS
      const start = performance.now()
      const upload = await house.send(agency, name, content)
      const seconds = (performance.now() - start) / 1000
      const memory = (process.resourceUsage().maxRSS - rss) * 1024

      const told = upload.explanation ?? ''
      assert.deepEqual([upload.state, upload.reason], [trial.state, trial.reason ?? null], told)
      for (const words of trial.says ?? []) assert.match(told, words)
      if (trial.reason !== undefined) assert.match(told, /^[A-Z\d].{40,}$/s)
      const { issues, rows } = toReceipt(upload)
      if (trial.issues !== undefined) {
        assert.equal(rows.accepted, trial.accepted)
        const rejects = issues.filter(({ severity }) => severity === 'reject')
        assert.deepEqual(
          rejects.map(({ code, column, count }) => rejected(code, column ?? '-', count)),
          trial.issues,
        )
      }
      assert.ok(seconds < mostSeconds, `it took ${seconds} s`)
      assert.ok(memory < mostMemory, `it took ${Math.round(memory / mib)} MiB`)

      const now = await listAll(agency)
      assert.deepEqual(
        [...standing].filter((record) => !now.has(record)),
        [],
      )
      if (trial.issues === undefined) assert.equal(now.size, standing.size)
      const next = await sendGood(agency)
      assert.deepEqual([next.state, next.report?.rows.accepted], ['imported', 3])
      assert.equal(({} as Record<string, unknown>)['polluted'], undefined)
    })
})
