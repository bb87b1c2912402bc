import assert from 'node:assert/strict'
import { readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { before } from 'mocha'
import * as openpgp from 'openpgp'
import { createFileOpener, createPgpKeys } from '../../src/agencies/index.ts'
import { createSecretBox } from '../../src/config/index.ts'
import { createImporter } from '../../src/import/index.ts'
import { makeZip } from '../formats/make-zip.ts'
import { recordLog } from '../support/record-log.ts'
import { useImportHouse } from './import-house.ts'

const template = {
  template: 'ecr',
  columns: {
    'client.reference': 'Party ID',
    'client.fullName': 'Name',
    'case.number': 'Case',
    'event.startsAt': 'Date and Time',
  },
}
const csv = (name: string) =>
  `Party ID,Name,Case,Date and Time\r\nP1,"SMITH, ${name}",CR-1,2027-01-15 08:30\r\n`

describe('packed and encrypted uploads', () => {
  const house = useImportHouse()
  before(() => {
    const { db } = house.database
    const opener = createFileOpener({ db, home: house.home, keysFolder: join(house.home, 'keys') })
    house.importer = createImporter({
      db,
      bell: { on: () => () => undefined },
      log: recordLog().log,
      inbox: house.inbox,
      agencies: house.agencies,
      templates: house.templates,
      opener,
      graceMs: 20_000,
      now: () => new Date('2026-11-23T12:00:00Z'),
    })
  })

  it('are read by their content, and reported and archived as they were sent', async () => {
    const agency = await house.openAgency(template)
    const sent: [string, Buffer, string[]][] = [
      ['a.csv.gz', gzipSync(csv('ADA')), ['gzip']],
      ['b.zip', makeZip([{ name: 'b.csv', content: csv('BEA') }]), ['zip']],
    ]
    for (const [name, content, opened] of sent) {
      const upload = await house.send(agency, name, content)
      assert.equal(upload.state, 'imported', upload.explanation ?? '')
      assert.deepEqual(upload.report?.detected.opened, opened)
      assert.equal(upload.report.rows.accepted, 1)
      assert.equal(upload.bytes, content.length)
    }
    const again = await house.send(agency, 'c.zip', sent[1]![1])
    assert.equal(again.state, 'duplicate')
    const [client] = await house.list(agency, 'clients')
    assert.match(JSON.stringify(client), /BEA/i)
    assert.deepEqual(await readdir(join(house.home, 'opened')), [])
    const processed = await readdir(join(house.home, 'agencies', agency.agency, 'processed'), {
      recursive: true,
    })
    assert.ok(
      processed.some((name) => /a\.csv__[0-9a-f]{8}\.gz$/.test(name)),
      processed.join(),
    )
  })

  it('are decrypted with the key of their agency alone', async () => {
    const [one, two] = [await house.openAgency(template), await house.openAgency(template)]
    const keys = createPgpKeys({
      db: house.database.db,
      secretBox: createSecretBox(join(house.home, 'keys')),
    })
    const { publicKey } = await keys.generate(one.agency, {}, 'cli:test')
    const encrypted: unknown = await openpgp.encrypt({
      message: await openpgp.createMessage({ text: csv('EVE') }),
      encryptionKeys: await openpgp.readKey({ armoredKey: publicKey }),
    })
    const good = await house.send(one, 'a.csv.asc', String(encrypted))
    assert.equal(good.state, 'imported', good.explanation ?? '')
    assert.deepEqual(good.report?.detected.opened, ['pgp'])
    const strange = await house.send(two, 'a.csv.asc', String(encrypted))
    assert.equal(strange.state, 'refused')
    assert.equal(strange.reason, 'PGP_KEY_UNKNOWN')
    assert.match(strange.explanation ?? '', /no OpenPGP key here/)
    assert.deepEqual(await house.list(two, 'clients'), [])
    const next = await house.send(two, 'b.csv', csv('ANN'))
    assert.equal(next.state, 'imported')
  })

  it('are refused with their own code where they cannot be opened', async () => {
    const agency = await house.openAgency(template)
    const bomb = await house.send(agency, 'a.gz', gzipSync(Buffer.alloc(70 * 1_048_576, ',')))
    assert.equal(bomb.reason, 'ARCHIVE_BOMB')
    const nested = await house.send(agency, 'a.csv.gz', gzipSync(gzipSync(csv('X'))))
    assert.equal(nested.reason, 'ARCHIVE_NESTED')
    assert.deepEqual(await house.list(agency, 'clients'), [])
    assert.deepEqual(await readdir(join(house.home, 'opened')), [])
  })
})
