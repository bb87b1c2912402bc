import assert from 'node:assert/strict'
import { once } from 'node:events'
import { connect } from 'node:net'
import ssh2 from 'ssh2'
import {
  awaitClose,
  connectClient,
  createClientKey,
  runSftp,
  runSsh,
  until,
} from '../support/ssh-session.ts'
import { useHouse } from './sftp-house.ts'

describe('sign-in', () => {
  const house = useHouse({ sftp: { loginGraceMs: 1500 } })

  async function addKey(name: string, type: readonly string[], fromNetworks: string[] = []) {
    const key = await createClientKey(house.folder, name, type)
    await house.agencies.addKey('acme', { publicKey: key.publicKey, fromNetworks }, 'test')
    return key
  }

  for (const [name, type] of [
    ['rsa2048', ['-t', 'rsa', '-b', '2048']],
    ['ecdsa256', ['-t', 'ecdsa', '-b', '256']],
    ['ecdsa384', ['-t', 'ecdsa', '-b', '384']],
    ['ecdsa521', ['-t', 'ecdsa', '-b', '521']],
  ] as const) {
    it(`opens with a key of the kind ${name}`, async () => {
      const key = await addKey(name, type)
      assert.equal((await runSftp({ ...house.target, key }, ['pwd'])).code, 0)
    })
  }

  for (const hash of ['rsa-sha2-256', 'rsa-sha2-512']) {
    it(`takes RSA signatures of the kind ${hash}`, async () => {
      const key = await addKey(`key-${hash}`, ['-t', 'rsa', '-b', '2048'])
      const options = [`PubkeyAcceptedAlgorithms=${hash}`]
      assert.equal((await runSftp({ ...house.target, key }, ['pwd'], { options })).code, 0)
    })
  }

  it('refuses RSA signatures with SHA-1', async () => {
    const key = await addKey('sha1', ['-t', 'rsa', '-b', '2048'])
    const from = house.log.length
    const client = new ssh2.Client()
    // A client that knows of no other signature for RSA asks for the old one.
    const failed = once(client, 'error')
    const { privateKey } = key
    client.connect({ host: '127.0.0.1', port: house.target.port, username: 'acme', privateKey })
    const inner = client as unknown as { _protocol: { _handlers: Record<string, unknown> } }
    inner._protocol._handlers['EXT_INFO'] = () => undefined
    await failed
    client.end()
    const line = house.log.slice(from).find(({ message }) => message === 'Sign-in refused')
    assert.equal(line?.['reason'], 'algorithm')
  })

  it('echoes the algorithm that an RSA client asked for, since Go and AsyncSSH compare it', async () => {
    const key = await addKey('echo', ['-t', 'rsa', '-b', '2048'])
    const client = new ssh2.Client()
    const ready = once(client, 'ready')
    const { privateKey } = key
    client.connect({ host: '127.0.0.1', port: house.target.port, username: 'acme', privateKey })
    const inner = client as unknown as {
      _protocol: { _handlers: { USERAUTH_PK_OK: (protocol: unknown, algorithm: string) => void } }
    }
    const { _handlers: handlers } = inner._protocol
    const pass = handlers.USERAUTH_PK_OK
    const echoed: string[] = []
    handlers.USERAUTH_PK_OK = (protocol, algorithm) => {
      echoed.push(algorithm)
      pass(protocol, algorithm)
    }
    await ready
    client.end()
    assert.equal(echoed.length, 1)
    assert.match(echoed[0] ?? '', /^rsa-sha2-(256|512)$/)
  })

  it('tells clients which signatures it takes, each by its own name and none with SHA-1', async () => {
    const { stderr } = await runSsh(house.target, ['-v', '-s', 'sftp'], ['LogLevel=DEBUG'])
    const [, names = ''] = /server-sig-algs=<(.*)>/.exec(stderr) ?? []
    assert.deepEqual(names.split(','), [
      'ssh-ed25519',
      'ecdsa-sha2-nistp256',
      'ecdsa-sha2-nistp384',
      'ecdsa-sha2-nistp521',
      'rsa-sha2-512',
      'rsa-sha2-256',
    ])
  })

  it('offers no SHA-1, no group exchange, no RSA host key and no compression, and names itself', async () => {
    const { stderr } = await runSsh(house.target, ['-s', 'sftp'], ['LogLevel=DEBUG2'])
    const proposal = stderr.slice(stderr.indexOf('peer server KEXINIT proposal'))
    assert.match(proposal, /KEX algorithms: curve25519-sha256,/)
    assert.match(proposal, /host key algorithms: ssh-ed25519,ecdsa-sha2-nistp256\r?\n/)
    // Only the fast ones to a client that has them.
    assert.match(proposal, /ciphers ctos: aes128-gcm@openssh\.com,aes256-gcm@openssh\.com\r?\n/)
    assert.match(proposal, /compression ctos: none\r?\n/)
    assert.doesNotMatch(proposal.slice(0, 2000), /sha1[^-]|group-exchange|hmac-md5/)
    assert.match(stderr, /remote software version docketdrop\r?\n/)
  })

  it('answers a wrong key and an unknown account alike', async () => {
    const key = await createClientKey(house.folder, 'stranger')
    const from = house.log.length
    const runs = [
      await runSftp({ ...house.target, key }, ['pwd']),
      await runSftp({ ...house.target, account: 'nobody-here', key }, ['pwd']),
    ]
    assert.deepEqual(
      runs.map(({ code }) => code),
      [255, 255],
    )
    const texts = runs.map(({ stderr }) => stderr.replace(/^.*@127\.0\.0\.1:? ?/m, ''))
    assert.equal(texts[0], texts[1])
    assert.match(runs[0]!.stderr, /Permission denied \(publickey\)/)
    const lines = house.log.slice(from).filter(({ message }) => message === 'Sign-in refused')
    assert.deepEqual(
      lines.map(({ reason }) => reason),
      ['key', 'account'],
    )
    assert.doesNotMatch(JSON.stringify(lines), /nobody-here/)
  })

  it('refuses a revoked key and a disabled account', async () => {
    const key = await addKey('revoked', ['-t', 'ed25519'])
    assert.equal((await runSftp({ ...house.target, key }, ['pwd'])).code, 0)
    const [found] = (await house.agencies.listKeys('acme')).filter(({ publicKey }) =>
      key.publicKey.includes(publicKey.toString('base64')),
    )
    await house.agencies.revokeKey('acme', found!.keyId, 'test')
    assert.equal((await runSftp({ ...house.target, key }, ['pwd'])).code, 255)
    await house.agencies.createAccount('acme', 'acme-off', {}, 'test')
    await house.agencies.addKey('acme-off', { publicKey: house.key.publicKey }, 'test')
    await house.agencies.disableAccount('acme-off', 'test')
    assert.equal((await runSftp({ ...house.target, account: 'acme-off' }, ['pwd'])).code, 255)
  })

  it('takes the old key beside the new one while they overlap, and no longer', async () => {
    await house.agencies.createAccount('acme', 'acme-rotated', {}, 'test')
    const [before, after] = [
      await createClientKey(house.folder, 'rotated-before'),
      await createClientKey(house.folder, 'rotated-after'),
    ]
    const enter = async (key: typeof before) =>
      (await runSftp({ ...house.target, account: 'acme-rotated', key }, ['pwd'])).code
    await house.agencies.addKey('acme-rotated', { publicKey: before.publicKey }, 'test')
    const { publicKey } = after
    const { expiring } = await house.agencies.rotateKey('acme-rotated', { publicKey }, 7, 'test')
    assert.equal(expiring.length, 1)
    assert.deepEqual([await enter(before), await enter(after)], [0, 0])
    const soon = (await house.agencies.listExpiringKeys(30)).find(
      ({ keyId }) => keyId === expiring[0]?.keyId,
    )
    assert.equal(soon?.isReplaced, true)
    await house.agencies.rotateKey('acme-rotated', { publicKey }, 0, 'test')
    assert.deepEqual([await enter(before), await enter(after)], [255, 0])
  })

  it('takes a key only from its networks', async () => {
    const here = await addKey('here', ['-t', 'ed25519'], ['127.0.0.0/8'])
    const elsewhere = await addKey(
      'elsewhere',
      ['-t', 'ed25519'],
      ['192.0.2.0/24', '2001:db8::/32'],
    )
    assert.equal((await runSftp({ ...house.target, key: here }, ['pwd'])).code, 0)
    assert.equal((await runSftp({ ...house.target, key: elsewhere }, ['pwd'])).code, 255)
  })

  it('notes when a key was last used', async () => {
    const key = await addKey('used', ['-t', 'ed25519'])
    const find = async () =>
      (await house.agencies.listKeys('acme')).find(({ publicKey }) =>
        key.publicKey.includes(publicKey.toString('base64')),
      )
    assert.equal((await find())?.lastUsedAt, null)
    assert.equal((await runSftp({ ...house.target, key }, ['pwd'])).code, 0)
    await until(async () => (await find())?.lastUsedAt instanceof Date, 'the time of use')
  })

  it('refuses passwords and keyboard-interactive, and names public keys as the only way', async () => {
    for (const extra of [{ password: 'secret' }, { password: 'secret', tryKeyboard: true }]) {
      const client = new ssh2.Client()
      const failed = once(client, 'error')
      client.connect({ host: '127.0.0.1', port: house.target.port, username: 'acme', ...extra })
      const [error] = (await failed) as [Error]
      assert.match(error.message, /All configured authentication methods failed/)
    }
  })

  it('ends the connection after six attempts', async () => {
    const client = new ssh2.Client()
    client.on('error', () => undefined)
    let tries = 0
    client.connect({
      host: '127.0.0.1',
      port: house.target.port,
      username: 'acme',
      authHandler: (_left, _partial, next) => {
        tries += 1
        next(tries <= 50 ? { type: 'password', username: 'acme', password: 'x' } : (false as never))
      },
    })
    await awaitClose(client)
    assert.ok(tries === 6 || tries === 7, `${tries} attempts`)
    assert.ok(house.log.some(({ message }) => /too many sign-in attempts/.test(message)))
  })

  it('survives a client that changes its name half way', async () => {
    const client = new ssh2.Client()
    client.on('error', () => undefined)
    const names = ['acme', 'other', 'third']
    client.connect({
      host: '127.0.0.1',
      port: house.target.port,
      username: 'acme',
      authHandler: (_left, _partial, next) => {
        const username = names.shift()
        next(
          username === undefined ? (false as never) : { type: 'password', username, password: 'x' },
        )
      },
    })
    await awaitClose(client)
    assert.equal((await runSftp(house.target, ['pwd'])).code, 0)
  })

  it('ends connections that do not sign in in time, whether they say something or not', async () => {
    const silent = connect(house.target.port, '127.0.0.1')
    const talking = connect(house.target.port, '127.0.0.1')
    talking.write('SSH-2.0-slow\r\n')
    const startedAt = Date.now()
    for (const socket of [silent, talking]) socket.resume().on('error', () => undefined)
    await Promise.all([once(silent, 'close'), once(talking, 'close')])
    const took = Date.now() - startedAt
    assert.ok(took >= 1400 && took < 6000, `${took} ms`)
  })

  it('keeps a session that has signed in beyond that time', async () => {
    const client = await connectClient(house.target)
    let isClosed = false
    client.once('close', () => (isClosed = true))
    const other = connect(house.target.port, '127.0.0.1')
    await once(other.resume(), 'close')
    assert.equal(isClosed, false)
    client.end()
  })

  it('survives garbage, half lines and resets', async () => {
    for (const bytes of [
      'GET / HTTP/1.1\r\n\r\n',
      'SSH-1.5-old\r\n',
      'x'.repeat(70_000),
      'SSH-2.0-a\r\n\0\0\0\x05garbage',
    ]) {
      const socket = connect(house.target.port, '127.0.0.1')
      socket.on('error', () => undefined).resume()
      socket.write(bytes)
      await new Promise((resolve) => setTimeout(resolve, 20))
      socket.resetAndDestroy()
    }
    assert.equal((await runSftp(house.target, ['pwd'])).code, 0)
  })
})
