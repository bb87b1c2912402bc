import assert from 'node:assert/strict'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, it } from 'mocha'
import { FileError } from '../../src/errors/index.ts'
import { parseTemplate } from '../../src/import/parse-template.ts'
import { suggestTemplate } from '../../src/import/suggest.ts'

describe('suggest', () => {
  let folder = ''
  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'dd-suggest-'))
  })
  after(() => rm(folder, { recursive: true, force: true }))

  async function suggest(name: string, ...lines: string[]): Promise<string> {
    const path = join(folder, name)
    await writeFile(path, `${lines.join('\r\n')}\r\n`)
    return (await suggestTemplate(path, name)).source
  }

  it('maps the standard ECR in full', async () => {
    const yaml = await suggest(
      'ECR_20270115.csv',
      'Party ID,First Name,Last Name,Party Description,Preferred Language,Phone,Email,Event Date and Time,Event Status,Location Name,Judge Name,Case Number',
      '1,ANN,LEE,Defendant,Spanish,(512) 555-0142,a@b.org,01/15/2027 8:30 AM,Scheduled,Main,"X, Y",CR-1',
      '2,BOB,RAY,Victim,English,(512) 555-0143,,01/16/2027 8:30 AM,Reset,Main,"X, Y",CR-2',
    )
    const { template, columns } = parseTemplate(yaml)
    assert.equal(template, 'ecr')
    assert.deepEqual(
      Object.fromEntries(
        Object.entries(columns).map(([field, sources]) => [field, sources[0]?.columns[0]]),
      ),
      {
        'client.reference': 'Party ID',
        'client.firstName': 'First Name',
        'client.lastName': 'Last Name',
        'client.language': 'Preferred Language',
        'participant.role': 'Party Description',
        'contact.phone': 'Phone',
        'contact.email': 'Email',
        'event.startsAt': 'Event Date and Time',
        'event.status': 'Event Status',
        'event.location': 'Location Name',
        'event.judge': 'Judge Name',
        'case.number': 'Case Number',
      },
    )
  })

  it('finds the header below titles, date and time in two columns, two phones, and the order of dates', async () => {
    const yaml = await suggest(
      'Docket.txt',
      'Docket of the day',
      'DefendantID|Defendant Name|Hearing Date|Hearing Time|Cell Phone|Home Phone|Case No|Shoe Size',
      '1|LEE, ANN|15/01/2027|8:30 AM|512-555-0142|512-555-0143|CR-1|44',
      '2|RAY, BOB|16/02/2027|9:30 AM|512-555-0144||CR-2|45',
      '(2 rows affected)',
    )
    const { columns, dateOrder } = parseTemplate(yaml)
    assert.equal(dateOrder, 'dmy')
    assert.deepEqual(columns['event.startsAt']?.[0]?.columns, ['Hearing Date', 'Hearing Time'])
    assert.deepEqual(columns['contact.phone']?.map((source) => source.columns[0]).sort(), [
      'Cell Phone',
      'Home Phone',
    ])
    assert.deepEqual(columns['client.reference']?.[0]?.columns, ['DefendantID'])
    assert.match(yaml, /# Columns that are not used:\n#.*Shoe Size/)
  })

  it('writes what is doubtful as a question instead of an answer', async () => {
    const yaml = await suggest(
      'x.csv',
      'Party ID,Name,Zzz',
      '1,LEE,512-555-0142',
      '2,RAY,512-555-0143',
      '3,MAY,512-555-0144',
    )
    assert.equal(parseTemplate(yaml).columns['contact.phone'], undefined)
    assert.match(yaml, /# contact\.phone: Zzz {5}# 70 % sure/)
  })

  it('writes a template that can be imported even for odd column names', async () => {
    const yaml = await suggest(
      '#1.csv',
      '"Party ID","Name: full, #1","{x}",Case Number',
      '1,"LEE, ANN",y,CR-1',
    )
    assert.deepEqual(parseTemplate(yaml).columns['client.reference']?.[0]?.columns, ['Party ID'])
  })

  it('says so when it recognises nothing', async () => {
    await assert.rejects(
      suggest('x.csv', 'Foo,Bar', 'a,b'),
      (error) => error instanceof FileError && error.code === 'HEADER_NOT_FOUND',
    )
  })
})
