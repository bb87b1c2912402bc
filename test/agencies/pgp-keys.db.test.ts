import assert from 'node:assert/strict'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before } from 'mocha'
import * as openpgp from 'openpgp'
import { createAgencies, createPgpKeys } from '../../src/agencies/index.ts'
import type { PgpKeys } from '../../src/agencies/index.ts'
import { createSecretBox } from '../../src/config/index.ts'
import { useDatabase } from '../support/database.ts'

describe('OpenPGP keys of agencies', () => {
  const database = useDatabase()
  const actor = 'cli:test'
  let folder = ''
  let keys: PgpKeys
  let agencyId = 0
  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'docketdrop-pgp-'))
    const { db } = database
    keys = createPgpKeys({ db, secretBox: createSecretBox(folder) })
    const agencies = createAgencies({ db })
    for (const agency of ['one', 'two'])
      await agencies.create(
        { agency, name: `Court <${agency}>`, timeZone: 'America/Chicago' },
        actor,
      )
    agencyId = (await agencies.get('one')).agencyId
  })
  after(() => rm(folder, { recursive: true, force: true }))

  const make = (name: string, passphrase?: string) =>
    openpgp.generateKey({
      type: 'ecc',
      userIDs: [{ name }],
      format: 'armored',
      ...(passphrase && { passphrase }),
    })
  const rows = () => database.db<Record<string, unknown>>('pgp_keys').select()

  it('are made, and open what is encrypted for their public half', async () => {
    const key = await keys.generate('one', { label: 'nightly' }, actor)
    assert.equal(key.role, 'receive')
    assert.match(key.publicKey, /BEGIN PGP PUBLIC KEY/)
    assert.equal((await keys.get('one')).keyId, key.keyId)
    const encrypted: unknown = await openpgp.encrypt({
      message: await openpgp.createMessage({ text: 'a,b' }),
      encryptionKeys: await openpgp.readKey({ armoredKey: key.publicKey }),
    })
    const { privateKeys } = await keys.getKeyring(agencyId)
    const { data } = await openpgp.decrypt({
      message: await openpgp.readMessage({ armoredMessage: String(encrypted) }),
      decryptionKeys: await openpgp.readPrivateKey({ armoredKey: privateKeys[0] ?? '' }),
    })
    assert.equal(data, 'a,b')
  })

  it('stand sealed in the database', async () => {
    for (const row of await rows()) {
      assert.ok(Buffer.isBuffer(row['sealed_key']))
      assert.doesNotMatch(
        JSON.stringify({ ...row, sealed_key: row['sealed_key'].toString('latin1') }),
        /PRIVATE KEY/,
      )
    }
  })

  it('are imported: a private one with its passphrase, a public one as that of a sender', async () => {
    const { privateKey } = await make('Old system', 'open sesame')
    const locked = { armored: privateKey }
    await assert.rejects(keys.import('one', locked, actor), { code: 'PGP_KEY_INVALID' })
    await assert.rejects(keys.import('one', { ...locked, passphrase: 'wrong' }, actor), {
      code: 'PGP_KEY_INVALID',
    })
    const ours = await keys.import('one', { ...locked, passphrase: 'open sesame' }, actor)
    assert.equal(ours.key.role, 'receive')
    assert.ok(ours.isNew)
    const again = await keys.import('one', { ...locked, passphrase: 'open sesame' }, actor)
    assert.equal(again.isNew, false)
    const { publicKey } = await make('Clerk')
    const sender = await keys.import('one', { armored: publicKey, label: 'clerk' }, actor)
    assert.equal(sender.key.role, 'sender')
    const { privateKeys, senderKeys } = await keys.getKeyring(agencyId)
    assert.equal(privateKeys.length, 2)
    assert.ok(privateKeys.every((text) => text.includes('PRIVATE KEY')))
    assert.deepEqual(senderKeys, [sender.key.publicKey])
  })

  it('are refused where the text is no usable key', async () => {
    const expired = await openpgp.generateKey({
      type: 'ecc',
      userIDs: [{ name: 'x' }],
      date: new Date('2020-01-01'),
      keyExpirationTime: 60,
    })
    const { publicKey: one } = await make('a')
    for (const armored of ['', 'hello', one.slice(0, 200), expired.publicKey])
      await assert.rejects(
        keys.import('one', { armored }, actor),
        { code: 'PGP_KEY_INVALID' },
        armored.slice(0, 40),
      )
  })

  it('are those of one agency, and none of another', async () => {
    const [key] = await keys.list('one')
    assert.ok(key)
    assert.deepEqual(await keys.list('two'), [])
    await assert.rejects(keys.get('two'), { code: 'PGP_KEY_NOT_FOUND' })
    await assert.rejects(keys.get('two', key.fingerprint), { code: 'PGP_KEY_NOT_FOUND' })
    await assert.rejects(keys.revoke('two', key.keyId, actor), { code: 'PGP_KEY_NOT_FOUND' })
    // A sealed key that was moved to another agency opens nothing there.
    const other = (await createAgencies({ db: database.db }).get('two')).agencyId
    const row = await database
      .db<Record<string, unknown>>('pgp_keys')
      .where({ key_id: key.keyId })
      .first()
    await database.db('pgp_keys').insert({ ...row, agency_id: other })
    await assert.rejects(keys.getKeyring(other), { code: 'SECRET_KEY_WRONG' })
    await database.db('pgp_keys').where({ agency_id: other }).delete()
  })

  it('open nothing once revoked, by fingerprint, its end or a subkey, also twice', async () => {
    const all = await keys.list('one')
    for (const [at, { fingerprint, subkeyIds }] of all.entries()) {
      const asked =
        [fingerprint.toUpperCase(), `0x${fingerprint.slice(-16)}`, subkeyIds.at(-1) ?? ''][
          at % 3
        ] ?? ''
      const revoked = await keys.revoke('one', asked, actor)
      assert.equal(revoked.fingerprint, fingerprint)
      assert.ok(revoked.revokedAt)
      assert.deepEqual(await keys.revoke('one', fingerprint, actor), revoked)
    }
    assert.deepEqual(await keys.getKeyring(agencyId), { privateKeys: [], senderKeys: [] })
    await assert.rejects(keys.get('one'), { code: 'PGP_KEY_NOT_FOUND' })
    await assert.rejects(keys.revoke('one', 'abc', actor), { code: 'PGP_KEY_NOT_FOUND' })
  })

  it('are told in the audit log, without the keys themselves', async () => {
    const entries = await database
      .db<Record<string, unknown>>('audit_entries')
      .whereLike('action', 'pgp.%')
      .select()
    assert.equal(entries.filter(({ action }) => action === 'pgp.add').length, 3)
    assert.equal(entries.filter(({ action }) => action === 'pgp.revoke').length, 3)
    assert.doesNotMatch(JSON.stringify(entries), /BEGIN PGP/)
  })
})
