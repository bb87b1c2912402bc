import assert from 'node:assert/strict'
import { once } from 'node:events'
import { connect } from 'node:net'
import ssh2 from 'ssh2'
import type { Algorithms, ConnectConfig } from 'ssh2'
import { getProfile } from '../../src/sftp/profiles.ts'
import type { ProfileName } from '../../src/sftp/profiles.ts'
import { notRunHere } from '../support/not-run.ts'
import { auditPort, hasSshAudit, listFindings, readKeptReport } from '../support/ssh-audit.ts'
import { createClientKey, runSftp, runSsh } from '../support/ssh-session.ts'
import type { ClientKey, Finished, Target } from '../support/ssh-session.ts'
import { useHouse } from './sftp-house.ts'

const names: readonly ProfileName[] = ['default', 'strict', 'fips', 'legacy']

/** One list of the server's KEXINIT, as OpenSSH prints it. */
function listOffered({ stderr }: Finished, what: string): string[] {
  const proposal = stderr.slice(stderr.indexOf('peer server KEXINIT proposal'))
  return new RegExp(`${what}: (.*)`).exec(proposal)?.[1]?.trim().split(',') ?? []
}

describe('profiles', () => {
  const house = useHouse({ sftp: { neverBan: ['127.0.0.0/8'] } })
  const targets = {} as Record<ProfileName, Target>
  const keys = {} as Record<'rsa' | 'ecdsa' | 'ed25519', ClientKey>

  before(async () => {
    // Those that make an RSA key come first, so that all find one.
    for (const profile of names.toReversed()) {
      targets[profile] = (await house.startServer({ profile })).target
    }
    keys.ed25519 = house.key
    keys.rsa = await createClientKey(house.folder, 'rsa', ['-t', 'rsa', '-b', '2048'])
    keys.ecdsa = await createClientKey(house.folder, 'ecdsa', ['-t', 'ecdsa', '-b', '256'])
    for (const { publicKey } of [keys.rsa, keys.ecdsa]) {
      await house.agencies.addKey('acme', { publicKey }, 'test')
    }
  })

  function shake(name: ProfileName, options: readonly string[] = []): Promise<Finished> {
    const target = { ...targets[name], key: name === 'fips' ? keys.ecdsa : keys.ed25519 }
    return runSsh(target, ['-s', 'sftp'], ['LogLevel=DEBUG2', ...options])
  }

  async function signIn(
    name: ProfileName,
    kind: 'rsa' | 'ecdsa' | 'ed25519',
    options: readonly string[] = [],
  ): Promise<boolean> {
    const target = { ...targets[name], key: keys[kind] }
    return (await runSftp(target, ['pwd'], { options })).code === 0
  }

  for (const name of names) {
    it(`offers exactly what the profile ${name} lists`, async () => {
      const profile = getProfile(name)
      // A client without AES-GCM is offered everything.
      const seen = await shake(name, ['Ciphers=aes256-ctr'])
      const strictKex = 'kex-strict-s-v00@openssh.com'
      assert.deepEqual(listOffered(seen, 'KEX algorithms'), [...profile.kex, strictKex])
      assert.deepEqual(listOffered(seen, 'ciphers ctos'), profile.ciphers)
      assert.deepEqual(listOffered(seen, 'ciphers stoc'), profile.ciphers)
      assert.deepEqual(listOffered(seen, 'MACs ctos'), profile.macs)
      assert.deepEqual(listOffered(seen, 'compression ctos'), ['none'])
      assert.equal(seen.code, 0, seen.stderr)
      const [, signatures] = /server-sig-algs=<(.*)>/.exec(seen.stderr) ?? []
      assert.deepEqual(signatures?.split(','), profile.userSignatures)
    })
  }

  it('brings the host keys of the profile', async () => {
    const lists = await Promise.all(
      names.map(async (name) => listOffered(await shake(name), 'host key algorithms')),
    )
    const rsa = ['rsa-sha2-512', 'rsa-sha2-256']
    assert.deepEqual(lists, [
      // The folder has an RSA key, since the others need one: it signs with SHA-2 only.
      ['ssh-ed25519', 'ecdsa-sha2-nistp256', ...rsa],
      ['ssh-ed25519'],
      ['ecdsa-sha2-nistp256', ...rsa],
      ['ssh-ed25519', 'ecdsa-sha2-nistp256', ...rsa, 'ssh-rsa'],
    ])
  })

  it('does not tell its version', async () => {
    assert.match((await shake('default')).stderr, /remote software version docketdrop\r?\n/)
  })

  it('takes the keys of senders whose signatures the profile has', async () => {
    const taken = await Promise.all(
      names.map(async (name) => ({
        name,
        ed25519: await signIn(name, 'ed25519'),
        ecdsa: await signIn(name, 'ecdsa'),
        rsa: await signIn(name, 'rsa'),
        sha1: await signIn(name, 'rsa', ['PubkeyAcceptedAlgorithms=ssh-rsa']),
      })),
    )
    assert.deepEqual(taken, [
      { name: 'default', ed25519: true, ecdsa: true, rsa: true, sha1: false },
      { name: 'strict', ed25519: true, ecdsa: false, rsa: true, sha1: false },
      { name: 'fips', ed25519: false, ecdsa: true, rsa: true, sha1: false },
      { name: 'legacy', ed25519: true, ecdsa: true, rsa: true, sha1: true },
    ])
  })

  it('refuses what the profile lacks even where a client signs without asking first', async () => {
    for (const [name, kind] of [
      ['fips', 'ed25519'],
      ['strict', 'ecdsa'],
    ] as const) {
      const client = new ssh2.Client()
      const { privateKey } = keys[kind]
      const failed = once(client, 'error')
      client.connect({
        host: '127.0.0.1',
        port: targets[name].port,
        username: 'acme',
        privateKey,
      })
      const [error] = (await failed) as [Error]
      assert.match(error.message, /All configured authentication methods failed/)
    }
  })

  describe('AES', () => {
    const chosen = (run: Finished): string[] =>
      [...run.stderr.matchAll(/kex: \S+ cipher: (\S+)/g)].map((match) => match[1] ?? '')

    it('is GCM with OpenSSH, although that would rather have CTR', async () => {
      assert.deepEqual(chosen(await shake('default')), [
        'aes128-gcm@openssh.com',
        'aes128-gcm@openssh.com',
      ])
    })

    for (const cipher of ['aes128-ctr', 'aes256-ctr', 'aes256-gcm@openssh.com']) {
      it(`is ${cipher} where the client is set to that alone`, async () => {
        const run = await shake('default', [`Ciphers=${cipher}`])
        assert.deepEqual(chosen(run), [cipher, cipher])
        assert.equal(run.code, 0)
      })
    }

    it('is CTR for a client that lists it before GCM and is not known to send its list unasked', async () => {
      const client = new ssh2.Client()
      const shaken = once(client, 'handshake')
      const algorithms: Algorithms = {
        cipher: ['aes128-ctr', 'aes128-gcm@openssh.com'],
      }
      client.connect({ ...connection('default', keys.ed25519), algorithms })
      const [{ cs }] = (await shaken) as [{ cs: { cipher: string } }]
      client.end()
      assert.equal(cs.cipher, 'aes128-ctr')
    })

    it('is offered in full, after a moment, to one who calls itself OpenSSH and waits for the server', async () => {
      const socket = connect(targets.default.port, '127.0.0.1')
      let heard = Buffer.alloc(0)
      socket.on('data', (chunk: Buffer) => (heard = Buffer.concat([heard, chunk])))
      const startedAt = performance.now()
      socket.write('SSH-2.0-OpenSSH_9.6p1\r\n')
      while (!heard.includes('hmac-sha2-256')) await once(socket, 'data')
      const took = performance.now() - startedAt
      socket.destroy()
      assert.ok(heard.includes('aes256-ctr'))
      assert.ok(took > 200 && took < 2000, `${Math.round(took)} ms`)
    })
  })

  function connection(name: ProfileName, { privateKey }: ClientKey): ConnectConfig {
    return { host: '127.0.0.1', port: targets[name].port, username: 'acme', privateKey }
  }

  describe('chacha20', () => {
    it('is offered on wish, and then what OpenSSH takes, but never under fips', async () => {
      for (const [profile, has] of [
        ['default', true],
        ['fips', false],
      ] as const) {
        const { target } = await house.startServer({ profile, chacha20: true })
        const key = profile === 'fips' ? keys.ecdsa : keys.ed25519
        const run = await runSsh({ ...target, key }, ['-s', 'sftp'], ['LogLevel=DEBUG2'])
        assert.equal(
          listOffered(run, 'ciphers ctos').some((one) => /chacha/.test(one)),
          has,
        )
        assert.equal(run.code, 0)
      }
    })
  })

  it('serves a sender of 2012 under legacy, and under no other profile', async () => {
    const options = [
      'KexAlgorithms=diffie-hellman-group14-sha1',
      'HostKeyAlgorithms=ssh-rsa',
      'Ciphers=aes256-cbc',
      'MACs=hmac-sha1',
      'PubkeyAcceptedAlgorithms=ssh-rsa',
    ]
    assert.deepEqual(await Promise.all(names.map((name) => signIn(name, 'rsa', options))), [
      false,
      false,
      false,
      true,
    ])
  })

  it('says at the start whether the compiled part of ssh2 is in use, and warns of legacy and of fips without its module', () => {
    const find = (pattern: RegExp) => house.log.find(({ message }) => pattern.test(message))
    assert.equal(typeof find(/^SSH transport$/)?.['nativeCrypto'], 'boolean')
    assert.equal(find(/profile legacy/)?.level, 'warn')
    assert.equal(find(/profile fips/)?.level, 'warn')
  })
})

function describeAudits(): void {
  describe('ssh-audit', () => {
    for (const profile of names) {
      describe(`of ${profile}`, () => {
        // Each with a folder of its own, so that it has the keys that the profile makes, and no others.
        const house = useHouse({ sftp: { profile, neverBan: ['127.0.0.0/8'] } })

        it('equals the kept report', async () => {
          assert.equal(await auditPort(house.target.port), readKeptReport(profile))
        })
      })
    }

    it('has no finding under strict', () => {
      assert.deepEqual(listFindings(readKeptReport('strict')), [])
      assert.notDeepEqual(listFindings(readKeptReport('legacy')), [])
    })
  })
}

if (hasSshAudit()) describeAudits()
else notRunHere('ssh-audit of the profiles: ssh-audit is not installed')
