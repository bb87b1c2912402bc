import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { createAgencies } from '../../src/agencies/index.ts'
import type { Agencies } from '../../src/agencies/index.ts'
import { listAudit, verifyAudit } from '../../src/audit/index.ts'
import { AppError } from '../../src/errors/index.ts'
import { useDatabase } from '../support/database.ts'

const read = (name: string) =>
  readFileSync(join(import.meta.dirname, '../fixtures/keys', name), 'utf8')
const [ed, ec, rsa] = [read('ed25519.pub'), read('ecdsa-256.pub'), read('rsa-2048.pub')]
const actor = 'cli:root'

async function refuse(act: Promise<unknown>, kind: string, code: string): Promise<AppError> {
  const error: unknown = await act.then(
    () => undefined,
    (reason: unknown) => reason,
  )
  assert.ok(error instanceof AppError, String(error))
  assert.deepEqual([error.name, error.code], [kind, code])
  assert.notEqual(error.hint, '')
  return error
}

describe('agencies', () => {
  const database = useDatabase()
  let agencies: Agencies
  let count = 0

  /** A new agency with a name of its own. */
  async function make(kind: 'staging' | 'production' = 'production') {
    const agency = `court-${++count}`
    return agencies.create({ agency, name: 'A Court', timeZone: 'America/Chicago', kind }, actor)
  }

  const acts = async (agencyId: number) =>
    (await listAudit(database.db, agencyId)).map(({ action }) => action).reverse()

  before(() => {
    agencies = createAgencies({ db: database.db })
  })

  it('are made with careful defaults and an account of the same name', async () => {
    const agency = await agencies.create(
      { agency: 'maricopa', name: ' Maricopa County ', timeZone: 'america/phoenix' },
      actor,
    )
    const { agencyId, createdAt, ...rest } = agency
    assert.ok(createdAt instanceof Date)
    assert.deepEqual(rest, {
      agency: 'maricopa',
      name: 'Maricopa County',
      kind: 'production',
      productionAgencyId: null,
      timeZone: 'America/Phoenix',
      region: 'US',
      defaultLanguage: 'en',
      delivery: 'simulate',
      results: 'none',
      resultsAt: '06:00',
      review: 'first:3',
      allowAddresses: [],
      businessHours: null,
      helpPhone: null,
      passwordLogin: false,
      status: 'active',
    })
    assert.deepEqual(await agencies.get('maricopa'), agency)
    assert.deepEqual(await agencies.getById(agencyId), agency)
    const account = await agencies.getAccount('maricopa')
    assert.deepEqual([account.agencyId, account.alias, account.isPushOnly], [agencyId, null, false])
    assert.deepEqual(await acts(agencyId), ['agency.add'])
  })

  it('are listed by name, as bytes compare', async () => {
    await make()
    const names = (await agencies.list()).map(({ agency }) => agency)
    assert.deepEqual(names, [...names].sort())
  })

  it('refuse a name that is taken, by an agency or by any account, and leave nothing behind', async () => {
    const { agency } = await make()
    const again = { agency, name: 'Again', timeZone: 'America/Chicago' }
    await refuse(agencies.create(again, actor), 'ConflictError', 'AGENCY_EXISTS')
    await agencies.createAccount(agency, 'shared-name', {}, actor)
    const other = { agency: 'shared-name', name: 'Other', timeZone: 'America/Chicago' }
    await refuse(agencies.create(other, actor), 'ConflictError', 'ACCOUNT_EXISTS')
    await refuse(agencies.get('shared-name'), 'NotFoundError', 'AGENCY_NOT_FOUND')
    const third = await make()
    await refuse(
      agencies.createAccount(third.agency, agency, {}, actor),
      'ConflictError',
      'ACCOUNT_EXISTS',
    )
  })

  it('refuse bad names and zones', async () => {
    const input = { agency: 'fine', name: 'Fine', timeZone: 'America/Chicago' }
    for (const change of [{ agency: '../x' }, { name: ' ' }, { timeZone: 'EST' }])
      await refuse(agencies.create({ ...input, ...change }, actor), 'UsageError', 'USAGE_INVALID')
    await refuse(agencies.get('fine'), 'NotFoundError', 'AGENCY_NOT_FOUND')
    await refuse(agencies.get("x'\0"), 'NotFoundError', 'AGENCY_NOT_FOUND')
  })

  it('tie a staging agency to a production one, and nothing else to anything', async () => {
    const production = await make()
    const zone = { name: 'Staging', timeZone: 'America/Chicago' }
    const staging = await agencies.create(
      { ...zone, agency: 'tied-staging', kind: 'staging', production: production.agency },
      actor,
    )
    assert.equal(staging.productionAgencyId, production.agencyId)
    const wrong = (input: { kind?: 'staging'; production: string }) =>
      agencies.create({ ...zone, agency: 'wrongly-tied', ...input }, actor)
    await refuse(wrong({ production: production.agency }), 'UsageError', 'USAGE_INVALID')
    await refuse(
      wrong({ kind: 'staging', production: staging.agency }),
      'UsageError',
      'USAGE_INVALID',
    )
    await refuse(
      wrong({ kind: 'staging', production: 'none' }),
      'NotFoundError',
      'AGENCY_NOT_FOUND',
    )
  })

  it('change only what is given, and write down what changed', async () => {
    const { agency, agencyId } = await make()
    const changed = await agencies.update(
      agency,
      { helpPhone: '602-555-0100', allowAddresses: ['Clerk@example.org'], review: 'all' },
      actor,
    )
    assert.equal(changed.helpPhone, '602-555-0100')
    assert.deepEqual(changed.allowAddresses, ['clerk@example.org'])
    assert.equal(changed.timeZone, 'America/Chicago')
    assert.equal((await agencies.update(agency, { helpPhone: '' }, actor)).helpPhone, null)
    await agencies.update(agency, { review: 'all' }, actor)
    await agencies.update(agency, {}, actor)
    const [, entry] = await listAudit(database.db, agencyId)
    assert.deepEqual(entry?.detail, {
      helpPhone: { from: null, to: '602-555-0100' },
      allowAddresses: { from: 0, to: 1 },
      review: { from: 'first:3', to: 'all' },
    })
    assert.deepEqual(await acts(agencyId), ['agency.add', 'agency.set', 'agency.set'])
  })

  it('cannot be set to send anything yet', async () => {
    const production = await make()
    const staging = await make('staging')
    assert.equal(
      (await agencies.update(staging.agency, { delivery: 'simulate' }, actor)).delivery,
      'simulate',
    )
    for (const { agency } of [production, staging])
      for (const delivery of ['live', 'allow-list'] as const)
        await refuse(
          agencies.update(agency, { delivery, name: 'X' }, actor),
          'AccessError',
          'DELIVERY_UNAVAILABLE',
        )
    assert.equal((await agencies.get(production.agency)).name, 'A Court')
  })

  it('are disabled once, and then nobody logs in', async () => {
    const { agency, agencyId } = await make()
    assert.ok(await agencies.findLogin(agency))
    assert.equal((await agencies.disable(agency, actor)).status, 'disabled')
    await agencies.disable(agency, actor)
    assert.equal(await agencies.findLogin(agency), undefined)
    assert.deepEqual(await acts(agencyId), ['agency.add', 'agency.disable'])
  })

  describe('accounts', () => {
    it('have an alias and a way of pushing only, both changeable', async () => {
      const { agency, agencyId } = await make()
      const name = `${agency}-nightly`
      const made = await agencies.createAccount(agency, name, { alias: '/home/ubuntu' }, actor)
      assert.deepEqual([made.alias, made.isPushOnly], ['/home/ubuntu', false])
      const pushing = await agencies.updateAccount(name, { isPushOnly: true }, actor)
      assert.deepEqual([pushing.alias, pushing.isPushOnly], ['/home/ubuntu', true])
      assert.equal((await agencies.updateAccount(name, { alias: null }, actor)).alias, null)
      await agencies.updateAccount(name, {}, actor)
      await refuse(
        agencies.updateAccount(name, { alias: '../etc' }, actor),
        'UsageError',
        'USAGE_INVALID',
      )
      assert.deepEqual(
        (await agencies.listAccounts(agency)).map(({ account }) => account),
        [agency, name],
      )
      assert.ok((await agencies.listAccounts()).length > 2)
      assert.equal((await agencies.disableAccount(name, actor)).status, 'disabled')
      assert.equal(await agencies.findLogin(name), undefined)
      assert.ok(await agencies.findLogin(agency))
      assert.deepEqual(await acts(agencyId), [
        'agency.add',
        'account.add',
        'account.set',
        'account.set',
        'account.disable',
      ])
    })

    it('are not found under a strange name', async () => {
      for (const name of ['nobody', '', 'a\0b', "x'; drop table accounts; --", 'é'.repeat(2000)]) {
        assert.equal(await agencies.findLogin(name), undefined)
        await refuse(agencies.getAccount(name), 'NotFoundError', 'ACCOUNT_NOT_FOUND')
      }
    })
  })

  describe('keys', () => {
    it('are added once, with the comment as label', async () => {
      const { agency, agencyId } = await make()
      const first = await agencies.addKey(agency, { publicKey: ed }, actor)
      assert.equal(first.isNew, true)
      assert.equal(first.key.label, 'odyssey@court ed25519')
      const again = await agencies.addKey(agency, { publicKey: read('ed25519.pem') }, actor)
      assert.deepEqual(again, { key: first.key, isNew: false })
      const login = await agencies.findLogin(agency)
      assert.deepEqual(login?.keys, [first.key])
      assert.equal(login.agency.agencyId, agencyId)
      assert.deepEqual(await acts(agencyId), ['agency.add', 'key.add'])
    })

    it('narrow to the networks given when added again', async () => {
      const { agency, agencyId } = await make()
      await agencies.addKey(agency, { publicKey: ed }, actor)
      const again = await agencies.addKey(
        agency,
        { publicKey: ed, fromNetworks: ['203.0.113.7'] },
        actor,
      )
      assert.equal(again.isNew, false)
      assert.deepEqual(again.key.fromNetworks, ['203.0.113.7/32'])
      const plain = await agencies.addKey(agency, { publicKey: ed }, actor)
      assert.deepEqual(plain.key.fromNetworks, ['203.0.113.7/32'])
      assert.deepEqual(await acts(agencyId), ['agency.add', 'key.add', 'key.set'])
    })

    it('may open several accounts', async () => {
      const [one, two] = [await make(), await make()]
      await agencies.addKey(one.agency, { publicKey: ed }, actor)
      assert.equal((await agencies.addKey(two.agency, { publicKey: ed }, actor)).isNew, true)
    })

    it('are added once even by two at the same time', async () => {
      const { agency } = await make()
      const added = await Promise.all(
        [1, 2, 3, 4].map(() => agencies.addKey(agency, { publicKey: ed }, actor)),
      )
      assert.equal(added.filter(({ isNew }) => isNew).length, 1)
      assert.equal((await agencies.listKeys(agency)).length, 1)
    })

    it('are refused when weak, private or already expired', async () => {
      const { agency } = await make()
      const add = async (publicKey: string, expiresAt?: Date) =>
        agencies.addKey(agency, { publicKey, expiresAt }, actor)
      await refuse(add(read('rsa-1024.pub')), 'UsageError', 'KEY_WEAK')
      await refuse(add('-----BEGIN PRIVATE KEY-----'), 'UsageError', 'KEY_INVALID')
      await refuse(add(ed, new Date(Date.now() - 1000)), 'UsageError', 'USAGE_INVALID')
      await refuse(add(ed, new Date('never')), 'UsageError', 'USAGE_INVALID')
      assert.deepEqual(await agencies.listKeys(agency), [])
    })

    it('open nothing once expired, by the clock of the database, and can be added anew', async () => {
      const { agency, agencyId } = await make()
      const expiresAt = new Date(Date.now() + 3_600_000)
      const { key } = await agencies.addKey(agency, { publicKey: ed, expiresAt }, actor)
      assert.equal((await agencies.findLogin(agency))?.keys.length, 1)
      await database
        .db('account_keys')
        .where({ key_id: key.keyId })
        .update({ expires_at: database.db.raw(`now() - interval '1 millisecond'`) })
      assert.deepEqual((await agencies.findLogin(agency))?.keys, [])
      const again = await agencies.addKey(agency, { publicKey: ed }, actor)
      assert.equal(again.isNew, true)
      assert.deepEqual((await agencies.findLogin(agency))?.keys, [again.key])
      assert.equal((await verifyAudit(database.db, agencyId)).ok, true)
    })

    it('are revoked by id or fingerprint, at once and once', async () => {
      const { agency, agencyId } = await make()
      const { key } = await agencies.addKey(agency, { publicKey: ed }, actor)
      const other = await agencies.addKey(agency, { publicKey: ec }, actor)
      const revoked = await agencies.revokeKey(agency, key.fingerprint, actor)
      assert.ok(revoked.revokedAt)
      assert.deepEqual(await agencies.revokeKey(agency, key.keyId, actor), revoked)
      assert.deepEqual((await agencies.findLogin(agency))?.keys, [other.key])
      await agencies.revokeKey(agency, other.key.fingerprint.slice(7), actor)
      assert.deepEqual((await agencies.findLogin(agency))?.keys, [])
      assert.equal((await agencies.listKeys(agency)).length, 2)
      await refuse(
        agencies.revokeKey(agency, 'SHA256:none', actor),
        'NotFoundError',
        'KEY_NOT_FOUND',
      )
      assert.deepEqual((await acts(agencyId)).slice(3), ['key.revoke', 'key.revoke'])
      assert.equal((await agencies.addKey(agency, { publicKey: ed }, actor)).isNew, true)
    })

    it('are rotated with an overlap, and back again', async () => {
      const { agency } = await make()
      await agencies.addKey(agency, { publicKey: ed }, actor)
      const soon = new Date(Date.now() + 3_600_000)
      await agencies.addKey(agency, { publicKey: rsa, expiresAt: soon }, actor)
      const turned = await agencies.rotateKey(agency, { publicKey: ec }, 7, actor)
      assert.equal(turned.key.expiresAt, null)
      const [old, ending] = turned.expiring
      const week = Date.now() + 7 * 86_400_000
      assert.ok(Math.abs((old?.expiresAt?.getTime() ?? 0) - week) < 60_000)
      assert.deepEqual(ending?.expiresAt, soon)
      assert.equal((await agencies.findLogin(agency))?.keys.length, 3)
      const back = await agencies.rotateKey(agency, { publicKey: ed }, 0, actor)
      assert.equal(back.key.expiresAt, null)
      assert.equal(back.expiring.length, 2)
      assert.deepEqual((await agencies.findLogin(agency))?.keys, [back.key])
      await refuse(
        agencies.rotateKey(agency, { publicKey: ed }, 1.5, actor),
        'UsageError',
        'USAGE_INVALID',
      )
    })

    it('remember their last use, at most once a minute', async () => {
      const { agency } = await make()
      const { key } = await agencies.addKey(agency, { publicKey: ed }, actor)
      const used = async () => (await agencies.listKeys(agency))[0]?.lastUsedAt
      await agencies.markKeyUsed(key.agencyId, key.keyId)
      const first = await used()
      assert.ok(first)
      await agencies.markKeyUsed(key.agencyId, key.keyId)
      assert.deepEqual(await used(), first)
      await agencies.markKeyUsed(key.agencyId + 1, key.keyId)
    })
  })

  describe('feeds', () => {
    const feed = {
      feed: 'hearings',
      template: 'odyssey-ecr',
      match: 'ECR_*.csv',
      exclude: null,
      sortBy: 'time' as const,
      expectBy: '06:30',
      expectDays: ['FRI', 'mon'],
    }

    it('keep the order in which they were first saved', async () => {
      const { agency, agencyId } = await make()
      const saved = await agencies.saveFeed(agency, feed, actor)
      assert.deepEqual(saved, { ...feed, agencyId, expectDays: ['mon', 'fri'] })
      await agencies.saveFeed(agency, { ...feed, feed: 'all', match: '*' }, actor)
      await agencies.saveFeed(agency, { ...feed, exclude: '*_test*', expectBy: null }, actor)
      const feeds = await agencies.listFeeds(agencyId)
      assert.deepEqual(
        feeds.map(({ feed: name, exclude, expectBy }) => [name, exclude, expectBy]),
        [
          ['hearings', '*_test*', null],
          ['all', null, '06:30'],
        ],
      )
      await agencies.removeFeed(agency, 'hearings', actor)
      assert.equal((await agencies.listFeeds(agencyId)).length, 1)
      await refuse(
        agencies.removeFeed(agency, 'hearings', actor),
        'NotFoundError',
        'FEED_NOT_FOUND',
      )
      assert.deepEqual((await acts(agencyId)).slice(1), [
        'feed.set',
        'feed.set',
        'feed.set',
        'feed.remove',
      ])
    })

    it('are saved by many at once without losing one', async () => {
      const { agency, agencyId } = await make()
      const names = ['f1', 'f2', 'f3', 'f4', 'f5']
      await Promise.all(
        names.map((name) => agencies.saveFeed(agency, { ...feed, feed: name }, actor)),
      )
      const feeds = await agencies.listFeeds(agencyId)
      assert.deepEqual(feeds.map((saved) => saved.feed).sort(), names)
    })

    it('are refused with a wrong name, pattern, time or day', async () => {
      const { agency } = await make()
      const wrong = [
        { feed: 'Hearings' },
        { template: '' },
        { match: '' },
        { match: 'in/*.csv' },
        { exclude: '' },
        { expectBy: '24:00' },
        { expectDays: ['monday'] },
        { sortBy: 'size' as 'name' },
      ]
      for (const change of wrong)
        await refuse(
          agencies.saveFeed(agency, { ...feed, ...change }, actor),
          'UsageError',
          'USAGE_INVALID',
        )
    })
  })
})
