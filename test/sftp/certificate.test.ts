import assert from 'node:assert/strict'
import fc from 'fast-check'
import type { Account, Agency, Login, RevokedCertificate } from '../../src/agencies/index.ts'
import { judgeKey } from '../../src/sftp/authenticate.ts'
import { parseCertificate } from '../../src/sftp/certificate.ts'
import { createPair, field, makeCertificate, signWith } from './make-certificate.ts'
import type { CertificateParts, Pair, PairKind } from './make-certificate.ts'

const now = new Date('2026-11-24T12:00:00Z')
const second = BigInt(now.getTime() / 1000)
const blob = Buffer.from('what the client signs: session, account, certificate')
const signatures = [
  'ssh-ed25519',
  'ecdsa-sha2-nistp256',
  'ecdsa-sha2-nistp384',
  'ecdsa-sha2-nistp521',
  'rsa-sha2-512',
  'rsa-sha2-256',
]

const key = createPair('ed25519')
const ca = createPair('ed25519')
const rsa = createPair('rsa')

function toLogin(authorities: readonly Pair[], revoked: Partial<RevokedCertificate>[]): Login {
  return {
    agency: { agencyId: 1, agency: 'acme' } as Agency,
    account: { agencyId: 1, accountId: 1, account: 'acme' } as Account,
    keys: [],
    authorities: authorities.map(({ keyType, publicKey }, index) => ({
      caId: String(index),
      agencyId: 1,
      keyType,
      publicKey,
      fingerprint: '',
      label: '',
      revokedAt: null,
      createdAt: now,
    })),
    revokedCertificates: revoked.map((one) => ({
      keyId: '',
      serial: null,
      createdAt: now,
      ...one,
    })),
    password: null,
  }
}

interface Offer {
  readonly data?: Buffer
  readonly algo?: string
  readonly address?: string
  readonly authorities?: readonly Pair[]
  readonly revoked?: Partial<RevokedCertificate>[]
  readonly signature?: Buffer | null
  readonly taken?: readonly string[]
}

/** Offers a certificate with a genuine signature of its own key, unless told otherwise. */
async function offer(parts: Partial<CertificateParts> = {}, given: Offer = {}): Promise<string> {
  const all = { key, ca, ...parts }
  const data = given.data ?? makeCertificate(all)
  const isRsa = all.key.keyType === 'ssh-rsa'
  const algo = given.algo ?? `${isRsa ? 'rsa-sha2-512' : all.key.keyType}-cert-v01@openssh.com`
  const signature = given.signature === undefined ? signWith(all.key, blob) : given.signature
  const verdict = await judgeKey(
    (account) =>
      Promise.resolve(
        account === 'acme'
          ? toLogin(given.authorities ?? [all.ca], given.revoked ?? [])
          : undefined,
      ),
    {
      username: 'acme',
      key: { algo, data },
      ...(signature !== null && { signature, blob }),
    },
    { address: given.address ?? '192.0.2.1', now, signatures: given.taken ?? signatures },
  )
  return verdict.kind === 'refused' ? verdict.reason : verdict.kind
}

const sourceAddress = (networks: string) =>
  [['source-address', field(networks)]] as [string, Buffer][]

describe('certificate', () => {
  for (const kind of ['ed25519', 'p256', 'p384', 'p521', 'rsa'] as const) {
    it(`opens an account with a key and an authority of the kind ${kind}`, async () => {
      const pair = createPair(kind)
      assert.equal(await offer({ key: pair }), 'accepted')
      assert.equal(await offer({ ca: pair }), 'accepted')
      assert.equal(await offer({ ca: pair, signer: createPair(kind) }), 'certificate')
      const stranger = signWith(createPair(kind), blob)
      assert.equal(await offer({ key: pair }, { signature: stranger }), 'signature')
    })
  }

  it('opens nothing without a signature of its own key', async () => {
    assert.equal(await offer({}, { signature: null }), 'probe')
    assert.equal(await offer({}, { signature: signWith(ca, blob) }), 'signature')
    const other = signWith(key, Buffer.from('another session'))
    assert.equal(await offer({}, { signature: other }), 'signature')
    for (const signature of [Buffer.alloc(0), Buffer.alloc(64), field('ssh-ed25519')])
      assert.equal(await offer({}, { signature }), 'signature')
  })

  it('is worth nothing when signed by anybody else, whomever it names', async () => {
    const stranger = createPair('ed25519')
    assert.equal(await offer({ ca: stranger }, { authorities: [ca] }), 'certificate')
    assert.equal(await offer({ signer: stranger }), 'certificate')
    assert.equal(await offer({ ca: key, signer: key }, { authorities: [ca] }), 'certificate')
    assert.equal(await offer({}, { authorities: [] }), 'certificate')
  })

  it('is worth nothing when one bit of it is changed', async () => {
    const data = makeCertificate({ key, ca })
    await fc.assert(
      fc.asyncProperty(fc.nat(data.length * 8 - 1), async (bit) => {
        const changed = Buffer.from(data)
        changed[bit >> 3]! ^= 1 << (bit & 7)
        assert.equal(await offer({}, { data: changed }), 'certificate')
      }),
      { numRuns: process.env['TEST_SIZE'] === 'long' ? 5000 : 300 },
    )
  })

  it('is worth nothing when cut off or prolonged', async () => {
    const data = makeCertificate({ key, ca })
    for (let length = 0; length < data.length; length += 7)
      assert.equal(await offer({}, { data: data.subarray(0, length) }), 'certificate')
    assert.equal(await offer({ trailing: Buffer.from('x') }), 'certificate')
  })

  it('survives whatever a client sends in its place', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 400 }), (bytes) => {
        assert.equal(parseCertificate(Buffer.from(bytes)), undefined)
        const type = field('ssh-ed25519-cert-v01@openssh.com')
        assert.equal(parseCertificate(Buffer.concat([type, bytes])), undefined)
      }),
    )
    assert.equal(parseCertificate(Buffer.alloc(40_000)), undefined)
  })

  it('must name the account, and an empty list names nobody', async () => {
    assert.equal(await offer({ principals: ['other', 'acme'] }), 'accepted')
    for (const principals of [['other'], [], ['*'], ['ACME'], ['acme '], ['acme,other']])
      assert.equal(await offer({ principals }), 'certificate', principals.join())
  })

  it('must be for users', async () => {
    for (const kind of [0, 2, 3]) assert.equal(await offer({ kind }), 'certificate')
  })

  it('holds from its first second to before its last, by our clock', async () => {
    assert.equal(await offer({ validAfter: second, validBefore: second + 1n }), 'accepted')
    assert.equal(await offer({ validBefore: second }), 'certificate')
    assert.equal(await offer({ validAfter: second + 1n }), 'certificate')
    assert.equal(await offer({ validAfter: 2n ** 64n - 1n }), 'certificate')
  })

  it('honours source-address, and opens nothing where that cannot be read', async () => {
    const from = (networks: string) => offer({ criticalOptions: sourceAddress(networks) })
    assert.equal(await from('192.0.2.0/24'), 'accepted')
    assert.equal(await from('198.51.100.1,192.0.2.1'), 'accepted')
    for (const networks of [
      '198.51.100.0/24',
      '',
      'anywhere',
      '192.0.2.1/',
      '192.0.2.1/99',
      '0.0.0.0/x',
    ])
      assert.equal(await from(networks), 'certificate', networks)
    for (const packed of [Buffer.from('192.0.2.0/24'), Buffer.from('\0\0\0\x01192.0.2.0/24')]) {
      const criticalOptions = [['source-address', packed]] as [string, Buffer][]
      assert.equal(await offer({ criticalOptions }), 'certificate')
    }
    const twice = [...sourceAddress('192.0.2.0/24'), ...sourceAddress('192.0.2.0/24')]
    assert.equal(await offer({ criticalOptions: twice }), 'certificate')
  })

  it('opens nothing with an option that this server does not do', async () => {
    for (const name of ['force-command', 'verify-required', 'something-new@example.org', ''])
      assert.equal(
        await offer({ criticalOptions: [[name, field('internal-sftp')]] }),
        'certificate',
        name,
      )
  })

  it('may have extensions, known or not', async () => {
    const extensions = [['novel@example.org', field('x')]] as [string, Buffer][]
    assert.equal(await offer({ extensions }), 'accepted')
  })

  it('opens nothing once revoked by serial number or key id', async () => {
    const parts = { serial: 2n ** 64n - 1n, keyId: 'nightly' }
    const revoke = (one: Partial<RevokedCertificate>) => offer(parts, { revoked: [one] })
    assert.equal(await revoke({ serial: '18446744073709551615' }), 'certificate')
    assert.equal(await revoke({ keyId: 'nightly' }), 'certificate')
    assert.equal(await revoke({ serial: '18446744073709551614', keyId: 'night' }), 'accepted')
    // Serial number 0 means none.
    assert.equal(
      await offer({ serial: 0n }, { revoked: [{ keyId: '0', serial: '0' }] }),
      'accepted',
    )
  })

  it('must hold a key that could be added by itself', async () => {
    assert.equal(await offer({ key: createPair('rsa1024') }), 'certificate')
  })

  it('is not signed, and does not sign, with SHA-1', async () => {
    assert.equal(await offer({ ca: rsa, signatureName: 'ssh-rsa' }), 'certificate')
    assert.equal(await offer({ ca: rsa, signatureName: 'rsa-sha2-256' }), 'accepted')
    const sha1 = signWith(rsa, blob, 'ssh-rsa')
    assert.equal(await offer({ key: rsa }, { signature: sha1 }), 'signature')
    const algo = 'ssh-rsa-cert-v01@openssh.com'
    assert.equal(await offer({ key: rsa }, { signature: sha1, algo }), 'algorithm')
    assert.equal(await offer({ key: rsa }, { algo }), 'algorithm')
  })

  it('signs with the very algorithm that was asked for, and only one that is taken here', async () => {
    const signature = signWith(rsa, blob, 'rsa-sha2-256')
    const algo = 'rsa-sha2-256-cert-v01@openssh.com'
    assert.equal(await offer({ key: rsa }, { algo, signature }), 'accepted')
    assert.equal(await offer({ key: rsa }, { signature }), 'signature')
    assert.equal(
      await offer({ key: rsa }, { algo, signature, taken: ['rsa-sha2-512'] }),
      'algorithm',
    )
    const wrong = 'ssh-ed25519-cert-v01@openssh.com'
    assert.equal(await offer({ key: rsa }, { algo: wrong }), 'algorithm')
    assert.equal(await offer({}, { algo: '__proto__-cert-v01@openssh.com' }), 'algorithm')
  })

  it('is not taken for the key inside it, nor the key for it', async () => {
    const data = makeCertificate({ key, ca })
    assert.equal(await offer({}, { data, algo: 'ssh-ed25519' }), 'key')
    assert.equal(await offer({}, { data: key.publicKey }), 'certificate')
    const kinds: PairKind[] = ['p256', 'ed25519']
    const [curve, other] = kinds.map(createPair)
    const type = `${other!.keyType}-cert-v01@openssh.com`
    assert.equal(await offer({ key: curve!, type }), 'certificate')
  })

  it('may have a signature whose leading zeros were left out', async () => {
    // One RSA signature in 256 begins with a zero byte; OpenSSH sends it in full, others do not.
    for (let tries = 0; tries < 5000; tries += 1) {
      const text = Buffer.from(`session ${tries}`)
      const whole = signWith(rsa, text)
      const value = whole.subarray(4 + 'rsa-sha2-512'.length + 4)
      if (value[0] !== 0) continue
      const short = Buffer.concat([field('rsa-sha2-512'), field(value.subarray(1))])
      const verdict = await judgeKey(
        () => Promise.resolve(toLogin([ca], [])),
        {
          username: 'acme',
          key: {
            algo: 'rsa-sha2-512-cert-v01@openssh.com',
            data: makeCertificate({ key: rsa, ca }),
          },
          blob: text,
          signature: short,
        },
        { address: '192.0.2.1', now, signatures },
      )
      assert.equal(verdict.kind, 'accepted')
      return
    }
    assert.fail('no signature began with a zero')
  })
})
