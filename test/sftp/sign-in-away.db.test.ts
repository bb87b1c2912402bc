import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { join } from 'node:path'
import { createAgencies } from '../../src/agencies/index.ts'
import { connect, migrateUp } from '../../src/db/index.ts'
import { useHomes } from '../support/embedded-home.ts'
import { connectClient, createClientKey, runSftp } from '../support/ssh-session.ts'
import { useHouse } from './sftp-house.ts'

const password = 'correct horse battery staple'

describe('sign-in without the database', () => {
  const house = useHouse()
  const homes = useHomes()

  it('goes on for everybody who could sign in before, and for nobody else', async () => {
    const home = join(homes.createFolder(), 'home')
    const server = await homes.open(home, { mayCreate: true })
    const db = connect({ url: server.url, poolMax: 4, applicationName: 'test' })
    await migrateUp(db)
    const agencies = createAgencies({ db })
    const input = { agency: 'acme', name: 'Acme County', timeZone: 'America/Chicago' }
    await agencies.create(input, 'test')
    await agencies.update('acme', { passwordLogin: true }, 'test')
    await agencies.addKey('acme', { publicKey: house.key.publicKey }, 'test')
    await agencies.setPassword('acme', password, 'test')
    const ca = await createClientKey(house.folder, 'away-ca')
    await agencies.addCa('acme', { publicKey: ca.publicKey }, 'test')
    const signed = await createClientKey(house.folder, 'away-signed')
    execFileSync('ssh-keygen', ['-q', '-s', ca.path, '-I', 'x', '-n', 'acme', `${signed.path}.pub`])
    const revoked = await createClientKey(house.folder, 'away-revoked')
    await agencies.addKey('acme', { publicKey: revoked.publicKey }, 'test')
    const stranger = await createClientKey(house.folder, 'away-stranger')

    const { target } = await house.startServer({}, { agencies })
    const code = async (key: typeof signed, account = 'acme') =>
      (await runSftp({ ...target, account, key }, ['pwd'])).code
    assert.equal(await code(revoked), 0)
    const [, key] = await agencies.listKeys('acme')
    await agencies.revokeKey('acme', key!.keyId, 'test')
    assert.equal(await code(revoked), 255)

    await server.release()
    await assert.rejects(db.raw('select 1'), /ECONNREFUSED|terminat|shutting down|starting up/)
    assert.equal(await code(house.key), 0)
    assert.equal(await code(signed), 0)
    const client = await connectClient(target, { privateKey: undefined as never, password })
    client.end()
    const from = house.log.length
    assert.equal(await code(revoked), 255)
    assert.equal(await code(stranger), 255)
    assert.equal(await code(house.key, 'nobody'), 255)
    const reasons = house.log
      .slice(from)
      .filter(({ message }) => message === 'Sign-in refused')
      .map(({ reason }) => reason)
    assert.deepEqual(reasons, ['key', 'key', 'unavailable'])
    await db.destroy()
  })
})
