import assert from 'node:assert/strict'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, it } from 'mocha'
import { createFindings } from '../../src/import/findings.ts'
import { getReadyMade, readyMadeTemplates } from '../../src/import/index.ts'
import { parseTemplate } from '../../src/import/parse-template.ts'
import { readTable } from '../../src/import/read-table.ts'
import type { LoadRow } from '../../src/records/index.ts'
import { createCourt, createNight, templateFor, writeNight } from '../../src/sample/index.ts'
import type { LayoutName } from '../../src/sample/index.ts'
import { writeWorkbook } from '../../src/sample/layouts/write-workbook.ts'

const vermontRow = () => {
  const cells = Array.from({ length: 31 }, () => '')
  const set = { 2: 'CN', 3: '07/21/2027', 6: '10:30', 8: 'CR1', 11: '73-7-20 Lecv', 13: '991' }
  const more = { 14: 'LEE', 15: 'ANN', 16: 'LEE, ANN', 25: 'Chittenden', 26: 'Status Conference' }
  const last = { 27: 'Civil', 28: 'Open', 29: 'Hon. R. Poe', 30: 'Defendant' }
  for (const [at, text] of Object.entries({ ...set, ...more, ...last }))
    cells[Number(at) - 1] = text
  return cells
}

/** One file of two rows for each, in the shape that its source describes (reference/odyssey.md §1, §4, §5). */
const samples: Readonly<Record<string, string>> = {
  'odyssey-ecr':
    'Party ID|First Name|Last Name|Party Description|Preferred Language|Phone|Email|Event Date and Time|Event Status|Location Name|Judge Name|Case Number\n' +
    '1|Ann|Lee|Defendant|Spanish|5125550142|a@example.org|1/15/2027 8:30 AM|Set|Main|Poe|CR-1\n' +
    '2|Bob|Ray|Victim|English|5125550143||1/15/2027 8:30 AM|Reset|Main|Poe|CR-1\n',
  contexte:
    'Defendant ID,First Name,Middle Name,Last Name,DOB,Phone,Email,Event Date,Event Time,Description,Status,Location Name,Judge Name,Case Number\n' +
    '1,ANN,M,LEE,04/12/1988,5125550142,,1/15/2027,8:30 AM,Arraignment,,Main,Poe,CR-1\n' +
    '2,BOB,,RAY,,,b@example.org,1/15/2027,8:30 AM,Arraignment,CANC,Main,Poe,CR-2\n',
  'texas-reminder':
    'Person ID,First Name,Last Name,Recipient Type,Phone,Email,Date,Time,Event Type,Case Number\n' +
    '1,Ann,Lee,Defendant,5125550142,,1/15/2027,8:30 AM,Arraignment,CR-1\n' +
    '2,Bob,Ray,Witness,5125550143,,1/15/2027,8:30 AM,Trial,CR-2\n',
  atlanta:
    '6/19/2027|JANE DOE|Courthouse|201|8:15:00|T000111|SPEEDING 15+|NO "PAYABLE" MARK|1\n' +
    '6/19/2027|JOHN ROE|Courthouse|201|8:15:00|T000112|40-6-20 RED LIGHT, FAILED|X|0\n',
  'anchorage-civil':
    '09/27/2027,"DOE","JANE",,"Courtroom D, Juneau Courthouse", 2:00 pm,JUNZP00409275,,Speeding,\n' +
    '09/27/2027,"ROE","JOHN",,"Courtroom D, Juneau Courthouse", 2:00 pm,A01234567,,Speeding,\n' +
    '09/27/2027,"POE","ANN",,"Courtroom D, Juneau Courthouse", 2:00 pm,,,Speeding,\n',
  'anchorage-criminal':
    '09/27/2027,"DOE","JANE","Courtroom 301", 2:00 pm,3AN-27-00006CR,Arraignment\n' +
    '09/27/2027,"ROE","JOHN","Courtroom 301",10:15 am,3AN-27-00007CR,Trial\n',
  idaho:
    'CaseNumber,CaseStyle ,HearingType,HearingDate,HearingTime,Court,County\n' +
    'CR01-27-00311,"State vs. Smith, John",Arraignment,4/19/2027,1:30 PM,Magistrate,Ada\n' +
    'CR01-27-00311,,Status Conference,4/20/2027,9:00 AM,District,Canyon\n',
}

/** Layouts of the sample courts that have the columns of a ready-made template. */
const layouts: Readonly<Record<string, LayoutName>> = {
  'odyssey-sqlcmd': 'sqlcmd-txt',
  'odyssey-workbook': 'xlsx-titles',
  'clerk-calendar': 'windows-1252-semicolon',
}

const files: Readonly<Record<string, string>> = {
  'odyssey-ecr-custom': 'ecr-standard.csv',
  'caret-extract': 'caret.exp',
}

describe('the ready-made templates', () => {
  let folder = ''
  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'dd-ready-'))
  })
  after(() => rm(folder, { recursive: true, force: true }))

  async function makeSample(name: string): Promise<string | Buffer> {
    const layout = layouts[name]
    const file = files[name]
    if (layout !== undefined) {
      const seed = { seed: name, timeZone: 'America/Chicago', from: '2026-11-23' }
      const court = createCourt({ ...seed, people: 40, cases: 30, events: 40 })
      return (await writeNight(createNight(court, 0), layout)).bytes
    }
    if (file !== undefined) return readFile(new URL(`../fixtures/files/${file}`, import.meta.url))
    if (name === 'vermont')
      return writeWorkbook({
        titles: [],
        header: [],
        rows: [vermontRow(), vermontRow()],
        formats: {},
      })
    return samples[name] ?? assert.fail(`no sample of ${name}`)
  }

  async function read(name: string) {
    const path = join(folder, `${name}.file`)
    await writeFile(path, await makeSample(name))
    const findings = createFindings()
    const template = parseTemplate(getReadyMade(name).source)
    const input = { path, template, timeZone: 'America/Chicago', region: 'US' }
    const table = await readTable({ ...input, isRejectsFile: false }, findings)
    const good: LoadRow[] = []
    for await (const batch of table.batches()) good.push(...batch.good)
    await table.close()
    return { good, findings }
  }

  for (const { name, title, source } of readyMadeTemplates)
    it(`reads a file as ${name} describes it, without a rejected row`, async () => {
      assert.equal(parseTemplate(source).template, name)
      assert.notEqual(title, '')
      const { good, findings } = await read(name)
      assert.deepEqual(
        findings.issues.list().filter(({ severity }) => severity === 'reject'),
        [],
      )
      assert.ok(good.length >= 2, `${good.length} rows`)
      for (const { event, case: one } of good) {
        assert.ok(event?.startsAt != null, name)
        assert.ok(one !== null, name)
      }
    })

  it('takes the standard ECR for a full window, with the guards of the contract', () => {
    const { method, missing, guard } = parseTemplate(getReadyMade('odyssey-ecr').source)
    assert.deepEqual([method, missing], ['replace-template', 'cancel'])
    assert.deepEqual(guard, {
      removedPercent: 20,
      changedPercent: 50,
      minRows: 1,
      rejectedPercent: 50,
      floor: 10,
    })
  })

  it('never reads the silence of a file of changes as a cancellation', () => {
    assert.equal(parseTemplate(getReadyMade('contexte').source).method, 'update')
  })

  it('map the sample layouts as the templates of the samples do', () => {
    for (const [name, layout] of Object.entries(layouts))
      assert.deepEqual(
        parseTemplate(getReadyMade(name).source).columns,
        parseTemplate(templateFor(layout)).columns,
      )
  })

  it('tells cases of two counties apart, and leaves out rows without a number', async () => {
    const idaho = await read('idaho')
    assert.deepEqual(
      idaho.good.map((row) => row.case?.number),
      ['CR01-27-00311 Ada', 'CR01-27-00311 Canyon'],
    )
    const civil = await read('anchorage-civil')
    assert.equal(civil.findings.rows.excluded, 1)
    assert.equal(civil.good[0]?.event?.localTime?.slice(0, 5), '14:00')
  })

  it('reads the docket of a workbook by position', async () => {
    const [row] = (await read('vermont')).good
    assert.equal(row?.case?.number, '73-7-20 Lecv')
    assert.deepEqual(
      [row.client?.lastName, row.event?.localDate, row.event?.localTime?.slice(0, 5), row.role],
      ['LEE', '2027-07-21', '10:30', 'defendant'],
    )
  })

  it('names the nearest when there is none of that name', () => {
    assert.throws(() => getReadyMade('odyssey-ecrr'), {
      code: 'TEMPLATE_NOT_FOUND',
      message: /Did you mean "odyssey-ecr"/,
    })
  })
})
