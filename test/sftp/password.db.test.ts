import assert from 'node:assert/strict'
import { spawn, spawnSync } from 'node:child_process'
import { before } from 'mocha'
import ssh2 from 'ssh2'
import { listAudit } from '../../src/audit/index.ts'
import { awaitClose, connectClient, openRawSftp, runSsh, until } from '../support/ssh-session.ts'
import { notRunHere } from '../support/not-run.ts'
import { useHouse } from './sftp-house.ts'

const good = 'correct horse battery staple'

/** How one password of one connection was answered. */
type Answer = 'in' | 'refused'

describe('password sign-in', () => {
  const house = useHouse()
  let made = 0

  async function addAccount(password: string | undefined = good): Promise<string> {
    const account = `acme-pw-${++made}`
    await house.agencies.createAccount('acme', account, {}, 'test')
    if (password !== '') await house.agencies.setPassword(account, password, 'test')
    return account
  }

  async function enter(
    account: string,
    password: string,
    { port = house.target.port, tryKeyboard = false } = {},
  ): Promise<Answer> {
    const client = new ssh2.Client()
    const prompt: ssh2.KeyboardInteractiveAuthMethod['prompt'] = (_1, _2, _3, prompts, finish) => {
      finish(prompts.map(() => password))
    }
    const way: ssh2.AnyAuthMethod = tryKeyboard
      ? { type: 'keyboard-interactive', username: account, prompt }
      : { type: 'password', username: account, password }
    const answer = new Promise<Answer>((resolve) => {
      client.once('ready', () => resolve('in')).once('error', () => resolve('refused'))
    })
    client.connect({ host: '127.0.0.1', port, username: account, authHandler: [way] })
    const result = await answer
    client.on('error', () => undefined)
    client.end()
    return result
  }

  const listMethods = async () => {
    const { stderr } = await runSsh(
      { ...house.target, account: 'nobody-here' },
      ['-s', 'sftp'],
      ['LogLevel=DEBUG'],
    )
    return /Authentications that can continue: (\S+)/.exec(stderr)?.[1]
  }

  before(async () => {
    assert.equal(await listMethods(), 'publickey')
    await house.agencies.update('acme', { passwordLogin: true }, 'test')
    await until(async () => (await listMethods())?.includes('password'), 'passwords are offered')
  })

  it('is offered to everybody alike while any agency has it on', async () => {
    assert.equal(await listMethods(), 'publickey,password,keyboard-interactive')
  })

  it('lets in with the password, and with nothing else', async () => {
    const account = await addAccount()
    assert.equal(await enter(account, good), 'in')
    assert.equal(await enter(account, good, { tryKeyboard: true }), 'in')
    for (const wrong of ['', good.toUpperCase(), `${good} `])
      assert.equal(await enter(account, wrong), 'refused')
    assert.equal(await enter(account, 'wrong', { tryKeyboard: true }), 'refused')
  })

  if (spawnSync('psftp', ['-V']).status !== 0) {
    notRunHere('passwords of psftp: putty-tools is not installed')
  } else {
    it('lets psftp in, which answers a prompt', async () => {
      const account = await addAccount()
      const { stderr } = await runSsh(house.target, ['-s', 'sftp'], ['LogLevel=DEBUG1'])
      const [, hostKey = ''] = /Server host key: \S+ (SHA256:\S+)/.exec(stderr) ?? []
      const run = (password: string) => {
        const target = ['-P', String(house.target.port), '-l', account, '-pw', password]
        const args = ['-batch', '-hostkey', hostKey, ...target, '-b', '/dev/null', '127.0.0.1']
        const child = spawn('psftp', args, { stdio: 'ignore' })
        return new Promise<number | null>((resolve) => child.once('close', resolve))
      }
      assert.equal(await run(good), 0)
      assert.notEqual(await run('a wrong long password'), 0)
    })
  }

  it('takes the same letters, however they are composed', async () => {
    const account = await addAccount('naïve café crème brûlée')
    assert.equal(await enter(account, 'naïve café crème brûlée'.normalize('NFD')), 'in')
  })

  it('refuses accounts without a password, unknown ones, and endless passwords', async () => {
    assert.equal(await enter(await addAccount(''), good), 'refused')
    assert.equal(await enter('nobody-here', good), 'refused')
    assert.equal(await enter(await addAccount(), good.repeat(100)), 'refused')
  })

  it('refuses a wish to change the password', async () => {
    const account = await addAccount()
    const client = new ssh2.Client()
    client.on('error', () => undefined)
    const inner = client as unknown as {
      _protocol: { authPassword: (user: string, password: string, now?: string) => void }
    }
    client.connect({
      host: '127.0.0.1',
      port: house.target.port,
      username: account,
      password: good,
    })
    const { _protocol: protocol } = inner
    const send = protocol.authPassword.bind(protocol)
    protocol.authPassword = (user, password) => send(user, password, 'another long password')
    let isIn = false
    client.once('ready', () => (isIn = true))
    await new Promise<void>((resolve) => {
      client.once('ready', () => resolve()).once('error', () => resolve())
    })
    client.end()
    assert.equal(isIn, false)
    assert.equal(await enter(account, good), 'in')
  })

  it('is off again with the switch of the agency, and its sessions end', async () => {
    const input = { agency: 'bexar', name: 'Bexar', timeZone: 'America/Chicago' }
    await house.agencies.create(input, 'test')
    await house.inbox.addAgency('bexar')
    await house.agencies.update('bexar', { passwordLogin: true }, 'test')
    await house.agencies.setPassword('bexar', good, 'test')
    const { target } = await house.startServer({}, { accessCheckMs: 50 })
    const client = await connectClient(
      { ...target, account: 'bexar' },
      { privateKey: undefined as never, password: good },
    )
    const sftp = await openRawSftp(client)
    const closed = awaitClose(sftp.client)
    await house.agencies.update('bexar', { passwordLogin: false }, 'test')
    await closed
    assert.equal(await enter('bexar', good, target), 'refused')
    const reasons = house.log.filter(({ message }) => message === 'Access withdrawn')
    assert.equal(reasons.at(-1)?.['reason'], 'password')
  })

  it('ends with a new password, or none', async () => {
    const account = await addAccount()
    await house.agencies.setPassword(account, 'a different long password', 'test')
    assert.equal(await enter(account, good), 'refused')
    assert.equal(await enter(account, 'a different long password'), 'in')
    await house.agencies.removePassword(account, 'test')
    assert.equal(await enter(account, 'a different long password'), 'refused')
  })

  it('is locked by five wrong ones, also for the right one, and unlocked by a person', async () => {
    const account = await addAccount()
    for (let tries = 0; tries < 5; tries += 1)
      assert.equal(await enter(account, 'a wrong long password'), 'refused')
    const state = await until(async () => {
      const found = await house.agencies.getPasswordState(account)
      return found.lockedUntil !== null && found
    }, 'a lock')
    const minutes = (state.lockedUntil!.getTime() - Date.now()) / 60_000
    assert.ok(minutes > 14 && minutes < 16, `${minutes} minutes`)
    assert.equal(await enter(account, good), 'refused')
    const line = house.log.findLast(({ message }) => message === 'Sign-in refused')
    assert.equal(line?.['reason'], 'locked')
    // Another server on the same database knows it too.
    const { target } = await house.startServer()
    assert.equal(await enter(account, good, target), 'refused')
    await house.agencies.unlockAccount(account, 'test')
    assert.equal(await enter(account, good), 'in')
  })

  it('does not lock the key of the same account', async () => {
    for (let tries = 0; tries < 5; tries += 1) await enter('acme', 'a wrong long password')
    assert.equal((await house.agencies.getPasswordState('acme')).lockedUntil, null)
    await house.agencies.setPassword('acme', good, 'test')
    for (let tries = 0; tries < 5; tries += 1) await enter('acme', 'a wrong long password')
    await until(
      async () => (await house.agencies.getPasswordState('acme')).lockedUntil !== null,
      'a lock',
    )
    const client = await connectClient(house.target)
    client.end()
  })

  it('gives no more tries to many at once than to one after the other', async () => {
    const account = await addAccount()
    const from = house.log.length
    await Promise.all(Array.from({ length: 12 }, () => enter(account, 'a wrong long password')))
    assert.equal(await enter(account, good), 'refused')
    const judged = house.log
      .slice(from)
      .filter((line) => line.message === 'Sign-in refused' && line['reason'] === 'password')
    assert.ok(judged.length >= 5 && judged.length <= 6, `${judged.length} passwords were compared`)
  })

  it('forgets the wrong ones after the right one', async () => {
    const account = await addAccount()
    for (let round = 0; round < 2; round += 1) {
      for (let tries = 0; tries < 4; tries += 1) await enter(account, 'a wrong long password')
      assert.equal(await enter(account, good), 'in')
    }
  })

  it('leaves no password in the log or in the audit', async () => {
    const text = JSON.stringify(house.log)
    assert.doesNotMatch(text, /horse battery|wrong long|different long|argon2/)
    const { agencyId } = house.agency
    const entries = await listAudit(house.db, agencyId)
    assert.doesNotMatch(JSON.stringify(entries), /horse battery|different long|argon2/)
    const actions = new Set(entries.map(({ action }) => action))
    for (const action of ['account.password', 'account.lock', 'account.unlock', 'agency.set'])
      assert.ok(actions.has(action), action)
  })
})
