import assert from 'node:assert/strict'
import { existsSync } from 'node:fs'
import { afterEach, beforeEach, describe, it } from 'mocha'
import { connectClient, openRawSftp, runSftp } from '../support/ssh-session.ts'
import type { Field, RawReply, RawSftp } from '../support/ssh-session.ts'
import { csv, waitFor } from '../inbox/inbox-fixture.ts'
import { useHouse } from './sftp-house.ts'

const [OPEN, CLOSE, READ, WRITE, LSTAT, SETSTAT] = [3, 4, 5, 6, 7, 9] as const
const [OPENDIR, READDIR, REMOVE, STAT, RENAME] = [11, 12, 13, 17, 18] as const
const [STATUS, ATTRS] = [101, 105] as const
const [create, read] = [0x1a, 0x01] as const
const [ok, missing, denied] = [0, 2, 3] as const
const times = 8

describe('a file that an importer has taken, over SFTP', () => {
  const house = useHouse()
  let sftp: RawSftp
  let id = 1
  const content = csv(20)

  beforeEach(async () => {
    sftp = await openRawSftp(await connectClient(house.target))
  })
  afterEach(() => sftp.end())

  const ask = (type: number, ...fields: readonly Field[]): Promise<RawReply> =>
    sftp.ask(type, ++id, ...fields)
  async function statusOf(type: number, ...fields: readonly Field[]): Promise<number> {
    const reply = await ask(type, ...fields)
    assert.equal(reply.type, STATUS)
    return reply.body.readUInt32BE(0)
  }
  const handleOf = ({ body }: RawReply) => body.subarray(4, 4 + body.readUInt32BE(0))

  async function put(name: string): Promise<string> {
    const handle = handleOf(await ask(OPEN, name, create, 0))
    assert.equal(await statusOf(WRITE, handle, 0n, content), ok)
    assert.equal(await statusOf(CLOSE, handle), ok)
    return (await house.findUpload(name))?.uploadId ?? ''
  }

  /** As the importer of another process does once the settle time is over. */
  async function claim(uploadId: string): Promise<void> {
    await house.inbox.settleOnce()
    const { db } = house
    await db('uploads').where({ upload_id: uploadId }).update({ state: 'queued' })
    const taken = await house.inbox.queue.claim()
    assert.equal(taken?.upload.uploadId, uploadId)
    await db('uploads').where({ upload_id: uploadId }).update({ state: 'imported' })
  }

  async function list(channel: RawSftp): Promise<string> {
    const handle = handleOf(await channel.ask(OPENDIR, ++id, '/inbox'))
    const reply = await channel.ask(READDIR, ++id, handle)
    return reply.body.toString('latin1')
  }

  it('answers what verifiers ask, on this and on another connection, and lists it here only', async () => {
    await claim(await put('verify.csv'))
    assert.ok(!existsSync(house.at('inbox', 'verify.csv')))
    const other = await openRawSftp(await connectClient(house.target))
    for (const [channel, type] of [
      [sftp, STAT],
      [sftp, LSTAT],
      [other, STAT],
    ] as const) {
      const reply = await channel.ask(type, ++id, '/inbox/verify.csv')
      assert.equal(reply.type, ATTRS)
      assert.equal(reply.body.readBigUInt64BE(4), BigInt(content.length))
    }
    assert.match(await list(sftp), /verify\.csv/)
    assert.doesNotMatch(await list(other), /verify\.csv/)
    await other.end()
  })

  it('takes times, a new name and a removal', async () => {
    await claim(await put('late.csv'))
    assert.equal(await statusOf(SETSTAT, 'late.csv', times, 1_700_000_000, 1_700_000_000), ok)
    const { body } = await ask(STAT, 'late.csv')
    assert.equal(body.readUInt32BE(body.length - 4), 1_700_000_000)
    assert.equal(await statusOf(RENAME, 'late.csv', 'later.csv'), ok)
    assert.equal(await statusOf(STAT, 'late.csv'), missing)
    assert.equal(await statusOf(REMOVE, 'later.csv'), ok)
    assert.equal(await statusOf(REMOVE, 'later.csv'), missing)
    assert.equal(await statusOf(STAT, 'later.csv'), missing)
  })

  it('can be read back, but not by an account that only sends', async () => {
    await claim(await put('back.csv'))
    const handle = handleOf(await ask(OPEN, 'back.csv', read, 0))
    const { body } = await ask(READ, handle, 0n, 100_000)
    assert.equal(body.subarray(4).toString(), content)
    assert.equal(await statusOf(CLOSE, handle), ok)
    await house.agencies.updateAccount('acme', { isPushOnly: true }, 'test')
    try {
      const pusher = await openRawSftp(await connectClient(house.target))
      assert.equal((await pusher.ask(STAT, ++id, 'back.csv')).type, ATTRS)
      const refused = await pusher.ask(OPEN, ++id, 'back.csv', read, 0)
      assert.equal(refused.body.readUInt32BE(0), denied)
      await pusher.end()
    } finally {
      await house.agencies.updateAccount('acme', { isPushOnly: false }, 'test')
    }
  })

  it('does not stand in the way of the next file of its name, and OpenSSH agrees', async () => {
    await claim(await put('again.csv'))
    const local = house.writeLocal('again.csv', csv(5))
    const done = await runSftp(house.target, [`put ${local} again.csv`, 'ls -l again.csv'])
    assert.equal(done.code, 0, done.stderr)
    assert.match(done.stdout, new RegExp(` ${csv(5).length} `))
    assert.equal((await house.findUpload('again.csv'))?.state, 'received')
  })

  describe('a handle that is open when the channel ends', () => {
    async function openAndWrite(name: string): Promise<RawSftp> {
      const own = await openRawSftp(await connectClient(house.target))
      const handle = handleOf(await own.ask(OPEN, ++id, name, create, 0))
      const written = await own.ask(WRITE, ++id, handle, 0n, content)
      assert.equal(written.body.readUInt32BE(0), ok)
      return own
    }
    const outcomeOf = (name: string) =>
      waitFor(async () => {
        const upload = await house.findUpload(name)
        return upload?.state === 'receiving' ? undefined : upload?.state
      })
    beforeEach(async () => {
      await house.agencies.update('acme', { acceptsUnclosed: true }, 'test')
    })
    afterEach(async () => {
      await house.agencies.update('acme', { acceptsUnclosed: false }, 'test')
    })

    it('is received after a clean EOF where the agency accepts that', async () => {
      const own = await openAndWrite('eof.csv')
      own.channel.end()
      assert.equal(await outcomeOf('eof.csv'), 'received')
      await own.end()
    })

    it('is partial after a lost connection, whatever the agency accepts', async () => {
      const own = await openAndWrite('lost.csv')
      ;(own.client as unknown as { _sock: { destroy(): void } })._sock.destroy()
      assert.equal(await outcomeOf('lost.csv'), 'partial')
    })

    it('is partial after a clean EOF where the agency does not accept it', async () => {
      await house.agencies.update('acme', { acceptsUnclosed: false }, 'test')
      const own = await openAndWrite('unaccepted.csv')
      own.channel.end()
      assert.equal(await outcomeOf('unaccepted.csv'), 'partial')
      await own.end()
    })
  })
})
