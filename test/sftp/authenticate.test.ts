import assert from 'node:assert/strict'
import ssh2 from 'ssh2'
import type { AccountKey, Agency, Login } from '../../src/agencies/index.ts'
import { askedAlgorithm, judgeKey } from '../../src/sftp/authenticate.ts'
import { generateKey } from '../../src/sftp/generate-key.ts'
import type { PublicKeyOffer } from '../../src/sftp/authenticate.ts'

const blob = Buffer.from('what the client signs: session, account, key')
const createdAt = new Date('2026-11-23T00:00:00Z')

function createPair(type: 'ed25519' | 'rsa') {
  const { privateKey } = generateKey(type === 'rsa' ? 'ssh-rsa' : 'ssh-ed25519')
  const parsed = ssh2.utils.parseKey(privateKey)
  if (parsed instanceof Error) throw parsed
  return parsed
}

function toAccountKey(pair: ssh2.ParsedKey, fromNetworks: string[] = []): AccountKey {
  return {
    keyId: pair.type,
    agencyId: 1,
    accountId: 1,
    account: 'acme',
    keyType: pair.type,
    publicKey: pair.getPublicSSH(),
    fingerprint: 'SHA256:x',
    label: '',
    fromNetworks,
    expiresAt: null,
    revokedAt: null,
    lastUsedAt: null,
    createdAt,
  }
}

const ed25519 = createPair('ed25519')
const rsa = createPair('rsa')
const stranger = createPair('ed25519')

const login: Login = {
  agency: { agencyId: 1, agency: 'acme' } as Agency,
  account: {
    agencyId: 1,
    accountId: 1,
    account: 'acme',
    alias: null,
    isPushOnly: false,
    status: 'active',
    createdAt,
  },
  keys: [toAccountKey(rsa), toAccountKey(ed25519, ['192.0.2.0/24'])],
  authorities: [],
  revokedCertificates: [],
  password: null,
}

const signatures = ['ssh-ed25519', 'rsa-sha2-512', 'rsa-sha2-256']
const now = new Date('2026-11-24T00:00:00Z')

async function judge(
  offer: Partial<PublicKeyOffer>,
  address = '192.0.2.1',
  taken: readonly string[] = signatures,
) {
  const asked: string[] = []
  const findLogin = (account: string) => {
    asked.push(account)
    return Promise.resolve(account === 'acme' ? login : undefined)
  }
  const key = { algo: 'ssh-ed25519', data: ed25519.getPublicSSH() }
  const circumstances = { address, now, signatures: taken }
  const verdict = await judgeKey(findLogin, { username: 'acme', key, ...offer }, circumstances)
  const outcome = verdict.kind === 'refused' ? verdict.reason : verdict.kind
  return { outcome, asked }
}

const rsaKey = { algo: 'ssh-rsa', data: rsa.getPublicSSH() }

describe('authenticate', () => {
  it('accepts a key only with a signature that it made over what was asked', async () => {
    const signature = ed25519.sign(blob)
    assert.equal((await judge({ blob, signature })).outcome, 'accepted')
    assert.equal((await judge({ blob, signature: stranger.sign(blob) })).outcome, 'signature')
    const other = Buffer.from('another session')
    assert.equal((await judge({ blob: other, signature })).outcome, 'signature')
  })

  it('takes what ssh2 answers to a broken signature for a refusal, although it is an object', async () => {
    // With a hash that the key cannot use, ssh2 gives back an Error object instead of throwing it or saying false.
    const answer: unknown = ed25519.verify(blob, Buffer.alloc(64), 'sha512')
    assert.ok(answer instanceof Error)
    const offer = { hashAlgo: 'sha512', blob, signature: Buffer.alloc(64) }
    assert.equal((await judge(offer)).outcome, 'signature')
  })

  it('refuses signatures that are none', async () => {
    for (const signature of [Buffer.alloc(0), Buffer.from('x'), Buffer.alloc(64)]) {
      assert.equal((await judge({ blob, signature })).outcome, 'signature')
      const offer = { key: rsaKey, hashAlgo: 'sha256', blob, signature }
      assert.equal((await judge(offer)).outcome, 'signature')
    }
  })

  it('opens nothing for a key without a signature', async () => {
    assert.equal((await judge({})).outcome, 'probe')
  })

  it('refuses keys that are not in the list, or not quite', async () => {
    const data = ed25519.getPublicSSH()
    const changed = Buffer.from(data)
    changed[changed.length - 1]! ^= 1
    for (const bytes of [stranger.getPublicSSH(), changed, data.subarray(0, -1), Buffer.alloc(0)]) {
      assert.equal((await judge({ key: { algo: 'ssh-ed25519', data: bytes } })).outcome, 'key')
    }
  })

  it('refuses RSA with SHA-1, and an algorithm that is not the key’s', async () => {
    assert.equal((await judge({ key: rsaKey })).outcome, 'algorithm')
    assert.equal((await judge({ key: rsaKey, hashAlgo: 'sha1' })).outcome, 'algorithm')
    const disguised = { algo: 'ssh-rsa', data: ed25519.getPublicSSH() }
    assert.equal((await judge({ key: disguised, hashAlgo: 'sha512' })).outcome, 'algorithm')
  })

  it('takes only what the listener offers, RSA with SHA-1 too where it does', async () => {
    const signature = rsa.sign(blob)
    const old = { key: rsaKey, blob, signature }
    const away = '198.51.100.1'
    assert.equal((await judge(old, away)).outcome, 'algorithm')
    assert.equal((await judge(old, away, ['ssh-rsa'])).outcome, 'accepted')
    const offer = { blob, signature: ed25519.sign(blob) }
    assert.equal((await judge(offer, undefined, ['rsa-sha2-512'])).outcome, 'algorithm')
  })

  for (const hashAlgo of ['sha256', 'sha512']) {
    it(`accepts an RSA signature with ${hashAlgo}`, async () => {
      const offer = { key: rsaKey, hashAlgo, blob, signature: rsa.sign(blob, hashAlgo) }
      assert.equal((await judge(offer, '198.51.100.1')).outcome, 'accepted')
    })
  }

  it('judges the network of the key, not of the account', async () => {
    assert.equal((await judge({}, '198.51.100.1')).outcome, 'network')
    assert.equal((await judge({}, '::ffff:192.0.2.9')).outcome, 'probe')
  })

  it('does not bring names to the store that cannot be accounts', async () => {
    for (const username of ['a\0b', '', 'x'.repeat(200), 'a b', 'ä']) {
      assert.deepEqual(await judge({ username }), { outcome: 'account', asked: [] })
    }
    assert.deepEqual(await judge({ username: 'nobody' }), { outcome: 'account', asked: ['nobody'] })
  })

  it('rejects when the store cannot be asked', async () => {
    const findLogin = () => Promise.reject(new Error('database away'))
    const key = { algo: 'ssh-ed25519', data: ed25519.getPublicSSH() }
    const circumstances = { address: '192.0.2.1', now, signatures }
    await assert.rejects(judgeKey(findLogin, { username: 'acme', key }, circumstances))
  })

  it('echoes the algorithm as the client named it', () => {
    const named = (hashAlgo: string) => askedAlgorithm({ username: '', key: rsaKey, hashAlgo })
    assert.equal(named('sha256'), 'rsa-sha2-256')
    assert.equal(named('sha512'), 'rsa-sha2-512')
    const key = { algo: 'ssh-ed25519', data: ed25519.getPublicSSH() }
    assert.equal(askedAlgorithm({ username: '', key }), 'ssh-ed25519')
  })
})
