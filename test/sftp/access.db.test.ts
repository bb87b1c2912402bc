import assert from 'node:assert/strict'
import { writeFileSync } from 'node:fs'
import { after, before } from 'mocha'
import type { LoginStore } from '../../src/sftp/login-book.ts'
import {
  awaitClose,
  connectClient,
  createClientKey,
  openRawSftp,
  until,
} from '../support/ssh-session.ts'
import type { ClientKey, RawReply, RawSftp, Target } from '../support/ssh-session.ts'
import { useHouse } from './sftp-house.ts'

const [OPEN, CLOSE, READ, WRITE, REMOVE, REALPATH, RENAME] = [3, 4, 5, 6, 13, 16, 18] as const
const [STATUS, HANDLE, DATA, NAME] = [101, 102, 103, 104] as const
const [READS, WRITES, APPENDS, CREATES, CUTS] = [1, 2, 4, 8, 16] as const
const [ok, denied] = [0, 3] as const
const rows = 'case,date\n24-0001,2026-12-01\n'

function statusOf({ type, body }: RawReply): number {
  assert.equal(type, STATUS)
  return body.readUInt32BE(0)
}

function stringOf({ type, body }: RawReply, expected: number): Buffer {
  assert.equal(type, expected, body.toString('latin1'))
  return body.subarray(4, 4 + body.readUInt32BE(0))
}

async function open(sftp: RawSftp, path: string, flags: number): Promise<Buffer> {
  return stringOf(await sftp.ask(OPEN, 1, path, flags, 0), HANDLE)
}

async function put(sftp: RawSftp, path: string, content: string): Promise<void> {
  const handle = await open(sftp, path, WRITES | CREATES | CUTS)
  assert.equal(statusOf(await sftp.ask(WRITE, 2, handle, 0n, content)), ok)
  assert.equal(statusOf(await sftp.ask(CLOSE, 3, handle)), ok)
}

describe('access', () => {
  const house = useHouse()

  async function addAccount(
    account: string,
    options: { isPushOnly?: boolean } = {},
    agency = 'acme',
  ): Promise<Target & { key: ClientKey }> {
    const key = await createClientKey(house.folder, account)
    await house.agencies.createAccount(agency, account, options, 'test')
    await house.agencies.addKey(account, { publicKey: key.publicKey }, 'test')
    return { ...house.target, account, key }
  }

  async function enter(target: Target): Promise<RawSftp> {
    return openRawSftp(await connectClient(target))
  }

  describe('of a handle', () => {
    it('reads only what was opened with READ, and writes only what was opened with WRITE', async () => {
      const sftp = await enter(house.target)
      await put(sftp, 'mode.csv', rows)
      for (const flags of [WRITES, WRITES | CREATES, WRITES | APPENDS, CREATES]) {
        const handle = await open(sftp, 'mode.csv', flags)
        assert.equal(statusOf(await sftp.ask(READ, 2, handle, 0n, 100)), denied, `flags ${flags}`)
        assert.equal(statusOf(await sftp.ask(CLOSE, 3, handle)), ok)
      }
      for (const flags of [READS, READS | CREATES, READS | CUTS]) {
        const handle = await open(sftp, 'mode.csv', flags)
        assert.equal(statusOf(await sftp.ask(WRITE, 2, handle, 0n, 'x')), denied, `flags ${flags}`)
        assert.equal(stringOf(await sftp.ask(READ, 3, handle, 0n, 100), DATA).toString(), rows)
        assert.equal(statusOf(await sftp.ask(CLOSE, 4, handle)), ok)
      }
      const both = await open(sftp, 'mode.csv', READS | WRITES)
      assert.equal(stringOf(await sftp.ask(READ, 5, both, 0n, 100), DATA).toString(), rows)
      assert.equal(statusOf(await sftp.ask(WRITE, 6, both, 0n, 'C')), ok)
      await sftp.end()
    })
  })

  describe('of a push-only account', () => {
    let pusher: RawSftp
    let other: RawSftp

    before(async () => {
      pusher = await enter(await addAccount('acme-push', { isPushOnly: true }))
      other = await enter(house.target)
    })
    after(() => Promise.all([pusher.end(), other.end()]))

    it('gives no byte of a file, however it is opened', async () => {
      await put(other, 'theirs.csv', rows)
      await put(pusher, 'mine.csv', rows)
      for (const path of ['theirs.csv', 'mine.csv']) {
        assert.equal(statusOf(await pusher.ask(OPEN, 1, path, READS, 0)), denied)
        for (const flags of [READS | WRITES, READS | WRITES | CREATES, READS | WRITES | APPENDS]) {
          const reply = await pusher.ask(OPEN, 2, path, flags, 0)
          if (reply.type === STATUS) {
            assert.equal(statusOf(reply), denied)
            continue
          }
          const handle = stringOf(reply, HANDLE)
          assert.equal(statusOf(await pusher.ask(READ, 3, handle, 0n, 100)), denied)
          assert.equal(statusOf(await pusher.ask(CLOSE, 4, handle)), ok)
        }
      }
    })

    it('sends with clients that open for reading too', async () => {
      for (const flags of [READS | WRITES | CREATES, READS | WRITES | CREATES | CUTS]) {
        const handle = await open(pusher, `both${flags}.csv`, flags)
        assert.equal(statusOf(await pusher.ask(WRITE, 2, handle, 0n, rows)), ok)
        assert.equal(statusOf(await pusher.ask(READ, 3, handle, 0n, 100)), denied)
        assert.equal(statusOf(await pusher.ask(CLOSE, 4, handle)), ok)
        assert.equal((await house.findUpload(`both${flags}.csv`))?.state, 'received')
      }
    })

    it('goes on with its own upload, but not with that of another account', async () => {
      await put(other, 'shared.csv', rows)
      await put(pusher, 'own.csv', rows)
      for (const flags of [WRITES, WRITES | CREATES, READS | WRITES, WRITES | APPENDS]) {
        assert.equal(statusOf(await pusher.ask(OPEN, 1, 'shared.csv', flags, 0)), denied)
        const handle = await open(pusher, 'own.csv', flags)
        assert.equal(statusOf(await pusher.ask(CLOSE, 2, handle)), ok)
      }
      await put(pusher, 'shared.csv', 'anew')
      const handle = await open(pusher, 'shared.csv', WRITES)
      assert.equal(statusOf(await pusher.ask(CLOSE, 3, handle)), ok)
    })

    it('does not go on with a file whose sender is unknown', async () => {
      writeFileSync(house.at('inbox', 'found.csv'), rows)
      assert.equal(statusOf(await pusher.ask(OPEN, 1, 'found.csv', WRITES, 0)), denied)
    })
  })

  describe('of a live session', () => {
    const often = { accessCheckMs: 50 }
    const never = { accessCheckMs: 3_600_000 }

    async function addAgency(agency: string): Promise<Target> {
      await house.agencies.create({ agency, name: agency, timeZone: 'America/Chicago' }, 'test')
      await house.inbox.addAgency(agency)
      return addAccount(`${agency}-job`, {}, agency)
    }

    const revoke = (account: string, { publicKey }: ClientKey) =>
      house.agencies
        .listKeys(account)
        .then((keys) => keys.find((key) => publicKey.includes(key.publicKey.toString('base64'))))
        .then((key) => house.agencies.revokeKey(account, key?.keyId ?? '', 'test'))

    for (const [what, withdraw] of [
      [
        'the account is disabled',
        (name: string) => house.agencies.disableAccount(`${name}-job`, 'test'),
      ],
      ['the agency is disabled', (name: string) => house.agencies.disable(name, 'test')],
      ['the key is revoked', (name: string, key: ClientKey) => revoke(`${name}-job`, key)],
      [
        'the key expires',
        (name: string, { publicKey }: ClientKey) =>
          house.agencies.addKey(
            `${name}-job`,
            { publicKey, expiresAt: new Date(Date.now() + 1000) },
            'test',
          ),
      ],
    ] as const) {
      const name = what.replaceAll(' ', '-')

      it(`ends when ${what}, and its open upload becomes partial`, async () => {
        const job = await addAgency(name)
        const { target } = await house.startServer({}, often)
        const bystander = await enter(target)
        const sftp = await enter({ ...job, port: target.port })
        const handle = await open(sftp, 'open.csv', WRITES | CREATES)
        assert.equal(statusOf(await sftp.ask(WRITE, 2, handle, 0n, rows)), ok)
        const closed = awaitClose(sftp.client)
        await withdraw(name, job.key)
        await closed
        const { agencyId } = await house.agencies.get(name)
        const upload = await until(async () => {
          const [found] = await house.inbox.uploads.list(agencyId, { fileName: 'open.csv' })
          return found?.state === 'partial' && found
        }, 'partial')
        assert.equal(upload.reason, 'CONNECTION_LOST')
        assert.ok(house.log.some(({ message }) => message === 'Access withdrawn'))
        assert.equal((await bystander.ask(REALPATH, 1, '.')).type, NAME)
        await bystander.end()
      })
    }

    it('goes on while another key of the account is revoked', async () => {
      const { target } = await house.startServer({}, often)
      const job = await addAccount('two-keys')
      const spare = await createClientKey(house.folder, 'spare')
      await house.agencies.addKey('two-keys', { publicKey: spare.publicKey }, 'test')
      const [staying, leaving] = [
        await enter({ ...job, port: target.port }),
        await enter({ ...job, port: target.port, key: spare }),
      ]
      const closed = awaitClose(leaving.client)
      await revoke('two-keys', spare)
      await closed
      assert.equal((await staying.ask(REALPATH, 1, '.')).type, NAME)
      await staying.end()
    })

    for (const [what, type, fields] of [
      ['OPEN', OPEN, ['late.csv', WRITES | CREATES, 0]],
      ['RENAME', RENAME, ['before.csv', 'late.csv']],
      ['REMOVE', REMOVE, ['before.csv']],
    ] as const) {
      it(`does nothing on ${what} a second after the account was disabled, before the next look`, async () => {
        const { target } = await house.startServer({}, never)
        const account = `late-${what.toLowerCase()}`
        const sftp = await enter({ ...(await addAccount(account)), port: target.port })
        await put(sftp, 'before.csv', rows)
        await house.agencies.disableAccount(account, 'test')
        const closed = awaitClose(sftp.client)
        await new Promise((resolve) => setTimeout(resolve, 1100))
        await assert.rejects(
          sftp.ask(type, 5, ...fields).then((reply) => {
            assert.notEqual(statusOf(reply), denied)
          }),
        )
        await closed
        assert.equal(await house.findUpload('late.csv'), undefined)
        assert.equal((await house.findUpload('before.csv'))?.state, 'received')
      })
    }

    it('takes over that the account is push-only from now on', async () => {
      const { target } = await house.startServer({}, often)
      const sftp = await enter({ ...(await addAccount('narrowed')), port: target.port })
      await put(sftp, 'narrow.csv', rows)
      await open(sftp, 'narrow.csv', READS)
      await house.agencies.updateAccount('narrowed', { isPushOnly: true }, 'test')
      await until(async () => {
        const reply = await sftp.ask(OPEN, 1, 'narrow.csv', READS, 0)
        return reply.type === STATUS && statusOf(reply) === denied
      }, 'a refusal')
      await sftp.end()
    })

    it('goes on, and takes files, while the store cannot be asked', async () => {
      let isAway = false
      const agencies: LoginStore = {
        ...house.agencies,
        findLogin: (account) =>
          isAway ? Promise.reject(new Error('away')) : house.agencies.findLogin(account),
      }
      const { target } = await house.startServer({}, { ...often, agencies })
      const sftp = await enter(target)
      isAway = true
      await until(
        () => house.log.some(({ message }) => message === 'Access of live sessions not checked'),
        'a round without an answer',
      )
      await new Promise((resolve) => setTimeout(resolve, 1100))
      await put(sftp, 'away.csv', rows)
      assert.equal((await house.findUpload('away.csv'))?.state, 'received')
      await sftp.end()
    })
  })
})
