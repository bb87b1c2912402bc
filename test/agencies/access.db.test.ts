import assert from 'node:assert/strict'
import { generateKeyPairSync } from 'node:crypto'
import { before } from 'mocha'
import ssh2 from 'ssh2'
import { createAgencies, matchesPassword } from '../../src/agencies/index.ts'
import type { Account, Agencies, Agency } from '../../src/agencies/index.ts'
import { listAudit } from '../../src/audit/index.ts'
import { useDatabase } from '../support/database.ts'

const actor = 'test'
const good = 'correct horse battery staple'

/** A new public key as one line. */
function createKey(comment = 'job'): string {
  const pair = ssh2.utils.generateKeyPairSync('ed25519', { comment })
  return pair.public
}

function codeIs(code: string) {
  return (error: unknown) => (error as { code?: string }).code === code
}

describe('access to an account', () => {
  const database = useDatabase()
  let agencies: Agencies
  let count = 0

  before(() => {
    agencies = createAgencies({ db: database.db })
  })

  async function make(): Promise<{ agency: Agency; account: Account; name: string }> {
    const name = `court-${++count}`
    const input = { agency: name, name: 'A Court', timeZone: 'America/Chicago' }
    const agency = await agencies.create(input, actor)
    return { agency, account: await agencies.getAccount(name), name }
  }

  const acts = async ({ agencyId }: Agency) =>
    (await listAudit(database.db, agencyId)).map(({ action }) => action).reverse()

  /** Moves what was noted about wrong passwords into the past. */
  const age = ({ agencyId, accountId }: Account, minutes: number) =>
    database.db.raw(
      `update account_locks
          set failed_at    = array(select at - make_interval(mins => :minutes) from unnest(failed_at) as f (at)),
              locked_until = locked_until - make_interval(mins => :minutes)
        where agency_id = :agencyId and account_id = :accountId`,
      { minutes, agencyId, accountId },
    )

  describe('by certificate', () => {
    it('has authorities, added once, with the comment as label', async () => {
      const { name, agency } = await make()
      const publicKey = createKey('court CA')
      const { ca, isNew } = await agencies.addCa(name, { publicKey }, actor)
      assert.deepEqual([isNew, ca.label, ca.keyType], [true, 'court CA', 'ssh-ed25519'])
      const again = await agencies.addCa(name, { publicKey }, actor)
      assert.deepEqual(again, { ca, isNew: false })
      const named = await agencies.addCa(name, { publicKey, label: 'new name' }, actor)
      assert.deepEqual([named.isNew, named.ca.caId, named.ca.label], [false, ca.caId, 'new name'])
      assert.deepEqual(await agencies.listCas(name), [named.ca])
      assert.deepEqual((await acts(agency)).slice(1), ['ca.add', 'ca.set'])
    })

    it('trusts no weak or private key, and no certificate', async () => {
      const { name } = await make()
      const { publicKey, privateKey } = generateKeyPairSync('rsa', { modulusLength: 1024 })
      const pem = publicKey.export({ type: 'spki', format: 'pem' }).toString()
      await assert.rejects(agencies.addCa(name, { publicKey: pem }, actor), codeIs('KEY_WEAK'))
      const secret = privateKey.export({ type: 'pkcs8', format: 'pem' }).toString()
      await assert.rejects(
        agencies.addCa(name, { publicKey: secret }, actor),
        codeIs('KEY_INVALID'),
      )
      const cert = createKey().replace('ssh-ed25519', 'ssh-ed25519-cert-v01@openssh.com')
      await assert.rejects(agencies.addCa(name, { publicKey: cert }, actor), codeIs('KEY_INVALID'))
    })

    it('ends with the authority, by id or fingerprint, and begins anew when it is added again', async () => {
      const { name, agency } = await make()
      const publicKey = createKey()
      const { ca } = await agencies.addCa(name, { publicKey }, actor)
      assert.equal((await agencies.findLogin(name))?.authorities[0]?.caId, ca.caId)
      const revoked = await agencies.revokeCa(name, ca.fingerprint, actor)
      assert.ok(revoked.revokedAt instanceof Date)
      assert.deepEqual(await agencies.revokeCa(name, ca.caId, actor), revoked)
      assert.deepEqual((await agencies.findLogin(name))?.authorities, [])
      const again = await agencies.addCa(name, { publicKey }, actor)
      assert.equal(again.isNew, true)
      assert.deepEqual((await agencies.findLogin(name))?.authorities, [again.ca])
      await assert.rejects(agencies.revokeCa(name, 'SHA256:none', actor), codeIs('CA_NOT_FOUND'))
      assert.deepEqual((await acts(agency)).slice(1), ['ca.add', 'ca.revoke', 'ca.add'])
    })

    it('trusts the authorities of its own agency only', async () => {
      const [one, other] = [await make(), await make()]
      await agencies.addCa(one.name, { publicKey: createKey() }, actor)
      assert.deepEqual((await agencies.findLogin(other.name))?.authorities, [])
    })

    it('remembers revoked certificates by serial number and key id, each once', async () => {
      const { name, agency } = await make()
      for (const [asked, serial] of [
        ['00815', '815'],
        ['18446744073709551615', '18446744073709551615'],
        ['18446744073709551616', null],
        ['stolen laptop', null],
      ] as const) {
        const { certificate, isNew } = await agencies.revokeCertificate(name, asked, actor)
        assert.deepEqual([isNew, certificate.keyId, certificate.serial], [true, asked, serial])
      }
      const again = await agencies.revokeCertificate(name, 'stolen laptop', actor)
      assert.equal(again.isNew, false)
      const all = await agencies.listRevokedCertificates(name)
      assert.equal(all.length, 4)
      const login = await agencies.findLogin(name)
      const keyIds = (list: readonly { keyId: string }[] = []) =>
        list.map(({ keyId }) => keyId).sort()
      assert.deepEqual(keyIds(login?.revokedCertificates), keyIds(all))
      assert.equal((await acts(agency)).filter((act) => act === 'ca.revoke-certificate').length, 4)
      await assert.rejects(agencies.revokeCertificate(name, '0', actor), codeIs('USAGE_INVALID'))
    })
  })

  describe('by password', () => {
    it('is off until the agency switches it on, which is written down', async () => {
      const { name, agency } = await make()
      assert.equal(agency.passwordLogin, false)
      await agencies.setPassword(name, good, actor)
      const on = await agencies.update(name, { passwordLogin: true }, actor)
      assert.equal(on.passwordLogin, true)
      assert.equal(await agencies.hasPasswordLogins(), true)
      await agencies.update(name, { passwordLogin: false }, actor)
      assert.equal(await agencies.hasPasswordLogins(), false)
      assert.deepEqual((await acts(agency)).slice(1), [
        'account.password',
        'agency.set',
        'agency.set',
      ])
    })

    it('is kept as argon2id with 19 MiB, two passes and a salt of its own', async () => {
      const { name } = await make()
      await agencies.setPassword(name, good, actor)
      const first = (await agencies.findLogin(name))?.password
      assert.match(first?.hash ?? '', /^\$argon2id\$v=19\$m=19456,t=2,p=1\$/)
      await agencies.setPassword(name, good, actor)
      const second = (await agencies.findLogin(name))?.password
      assert.notEqual(second?.hash, first?.hash)
      assert.equal(await matchesPassword(second?.hash, good), true)
      assert.equal(await matchesPassword(second?.hash, 'another long password'), false)
      assert.equal(await matchesPassword(undefined, good), false)
      await agencies.removePassword(name, actor)
      assert.equal((await agencies.findLogin(name))?.password, null)
    })

    it('refuses what is easily guessed, and never shows it', async () => {
      const name = 'a-court-with-a-long-name'
      const input = { agency: name, name: 'A Court', timeZone: 'America/Chicago' }
      await agencies.create(input, actor)
      for (const weak of [
        'fourteen chars',
        'A-Court-With-A-Long-Name',
        `${name} `,
        'abababababababababab',
        'a correct line\nand a second one',
        'x'.repeat(500) + 'abcdefgh'.repeat(100),
      ])
        await assert.rejects(agencies.setPassword(name, weak, actor), (error: unknown) => {
          assert.ok(codeIs('PASSWORD_WEAK')(error))
          assert.ok(!JSON.stringify(error).includes(weak))
          return true
        })
      await agencies.setPassword(name, 'exactly15 chars', actor)
    })

    it('is locked for 15 minutes by the fifth wrong one in 15 minutes, and then twice as long', async () => {
      const { name, account, agency } = await make()
      await agencies.setPassword(name, good, actor)
      const fail = () => agencies.notePasswordFailure(account)
      for (const minutes of [15, 30, 60]) {
        for (let tries = 1; tries <= 5; tries += 1) {
          assert.equal(await fail(), tries === 5, `${minutes} minutes, try ${tries}`)
        }
        const { lockedUntil, failures } = await agencies.getPasswordState(name)
        const left = ((lockedUntil?.getTime() ?? 0) - Date.now()) / 60_000
        assert.ok(Math.abs(left - minutes) < 1, `${left} of ${minutes}`)
        assert.equal(failures, 0)
        assert.equal(
          (await agencies.findLogin(name))?.password?.lockedUntil?.getTime(),
          lockedUntil?.getTime(),
        )
        // Tries during a lock change nothing.
        assert.equal(await fail(), false)
        assert.equal(
          (await agencies.getPasswordState(name)).lockedUntil?.getTime(),
          lockedUntil?.getTime(),
        )
        await age(account, minutes + 1)
        assert.equal((await agencies.findLogin(name))?.password?.lockedUntil, null)
      }
      const locks = (await listAudit(database.db, agency.agencyId)).filter(
        ({ action }) => action === 'account.lock',
      )
      assert.deepEqual(
        locks.map(({ detail }) => detail['minutes']),
        [60, 30, 15],
      )
    })

    it('is locked for a day at most, and after a day of peace for 15 minutes again', async () => {
      const { account, name } = await make()
      const lock = async () => {
        for (let tries = 0; tries < 5; tries += 1) await agencies.notePasswordFailure(account)
        const { lockedUntil } = await agencies.getPasswordState(name)
        return Math.round(((lockedUntil?.getTime() ?? 0) - Date.now()) / 60_000)
      }
      const lengths: number[] = []
      for (let round = 0; round < 9; round += 1) {
        const minutes = await lock()
        lengths.push(minutes)
        await age(account, minutes + 1)
      }
      assert.deepEqual(lengths, [15, 30, 60, 120, 240, 480, 960, 1440, 1440])
      await age(account, 24 * 60)
      assert.equal(await lock(), 15)
    })

    it('counts only what was within 15 minutes', async () => {
      const { account, name } = await make()
      for (let tries = 0; tries < 12; tries += 1) {
        assert.equal(await agencies.notePasswordFailure(account), false)
        await age(account, 4)
      }
      assert.equal((await agencies.getPasswordState(name)).failures, 3)
    })

    it('counts tries at the same moment one by one', async () => {
      const { account } = await make()
      const locked = await Promise.all(
        Array.from({ length: 12 }, () => agencies.notePasswordFailure(account)),
      )
      assert.equal(locked.filter(Boolean).length, 1)
    })

    it('is unlocked by a person, by a new password, and counts anew after a good one', async () => {
      const { account, name, agency } = await make()
      const lock = async () => {
        for (let tries = 0; tries < 5; tries += 1) await agencies.notePasswordFailure(account)
        assert.notEqual((await agencies.getPasswordState(name)).lockedUntil, null)
      }
      await lock()
      assert.equal((await agencies.unlockAccount(name, actor)).lockedUntil, null)
      await agencies.unlockAccount(name, actor)
      await lock()
      assert.equal((await agencies.setPassword(name, good, actor)).lockedUntil, null)
      await agencies.notePasswordFailure(account)
      assert.equal((await agencies.findLogin(name))?.password?.failures, 1)
      await agencies.clearPasswordFailures(account)
      assert.equal((await agencies.findLogin(name))?.password?.failures, 0)
      assert.equal((await acts(agency)).filter((act) => act === 'account.unlock').length, 1)
    })
  })

  describe('by key', () => {
    const inDays = (days: number) => new Date(Date.now() + days * 24 * 3_600_000)

    it('is listed when it ends soon, with whether another one goes on', async () => {
      const [alone, replaced, off] = [await make(), await make(), await make()]
      const add = (name: string, days?: number) =>
        agencies.addKey(
          name,
          { publicKey: createKey(), ...(days && { expiresAt: inDays(days) }) },
          actor,
        )
      const { key: later } = await add(alone.name, 29)
      const { key: sooner } = await add(alone.name, 3)
      await add(replaced.name, 10)
      await add(replaced.name)
      await add(replaced.name, 31)
      await add(off.name, 5)
      await agencies.disableAccount(off.name, actor)
      const revoked = await add(alone.name, 5)
      await agencies.revokeKey(alone.name, revoked.key.keyId, actor)
      const all = await agencies.listExpiringKeys(30)
      assert.deepEqual(
        all.map(({ agency, account, isReplaced }) => [agency, account, isReplaced]),
        [
          [alone.name, alone.name, false],
          [replaced.name, replaced.name, true],
          [alone.name, alone.name, false],
        ],
      )
      assert.deepEqual([all[0]?.keyId, all[2]?.keyId], [sooner.keyId, later.keyId])
      assert.deepEqual(
        (await agencies.listExpiringKeys(4)).map(({ keyId }) => keyId),
        [sooner.keyId],
      )
    })
  })

  describe('as a listener sees it', () => {
    it('is one statement, for an account that is there and for one that is not', async () => {
      const { name } = await make()
      await agencies.addKey(name, { publicKey: createKey() }, actor)
      await agencies.addCa(name, { publicKey: createKey() }, actor)
      await agencies.setPassword(name, good, actor)
      const seen: string[] = []
      const note = ({ sql }: { sql: string }) => seen.push(sql)
      database.db.on('query', note)
      for (const asked of [name, 'nobody-here']) {
        seen.length = 0
        await agencies.findLogin(asked)
        assert.equal(seen.length, 1, asked)
      }
      database.db.removeListener('query', note)
    })

    it('has the same facts as the lists for people', async () => {
      const { name, agency, account } = await make()
      const expiresAt = new Date(Date.now() + 3_600_000)
      const input = { publicKey: createKey(), fromNetworks: ['192.0.2.0/24'], expiresAt }
      const { key } = await agencies.addKey(name, input, actor)
      await agencies.markKeyUsed(key.agencyId, key.keyId)
      const login = await agencies.findLogin(name)
      assert.deepEqual(login?.agency, agency)
      assert.deepEqual(login.account, account)
      assert.deepEqual(login.keys, await agencies.listKeys(name))
      const all = await agencies.listLogins()
      assert.deepEqual(
        all.find((one) => one.account.account === name),
        login,
      )
    })

    it('is not among all logins once switched off', async () => {
      const [one, other] = [await make(), await make()]
      await agencies.disableAccount(one.name, actor)
      await agencies.disable(other.name, actor)
      const names = (await agencies.listLogins()).map(({ account: { account } }) => account)
      assert.ok(!names.includes(one.name) && !names.includes(other.name))
    })
  })
})
