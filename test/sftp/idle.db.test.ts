import assert from 'node:assert/strict'
import { createIdleWatch } from '../../src/sftp/idle-watch.ts'
import type { IdleReason } from '../../src/sftp/idle-watch.ts'
import { awaitClose, connectClient, openRawSftp, until } from '../support/ssh-session.ts'
import { useHouse } from './sftp-house.ts'

const open = 3
const writeCreate = 0x0a

describe('idle watch', () => {
  async function watch(
    times: { idleMs?: number; stalledMs?: number; channelMs?: number },
    hasOpenFiles: () => boolean,
    prepare?: (watch: ReturnType<typeof createIdleWatch>) => void,
  ): Promise<{ reason: IdleReason; ms: number }> {
    const from = performance.now()
    return new Promise((resolve) => {
      const made = createIdleWatch({
        idleMs: 5000,
        stalledMs: 5000,
        channelMs: 5000,
        ...times,
        hasOpenFiles,
        onEnd: (reason) => resolve({ reason, ms: performance.now() - from }),
      })
      prepare?.(made)
    })
  }

  it('ends a session without a file after its silence, not before', async () => {
    const { reason, ms } = await watch({ idleMs: 120 }, () => false)
    assert.equal(reason, 'idle')
    assert.ok(ms >= 115, `${ms}`)
  })

  it('counts the silence from the last sign of life', async () => {
    const { ms } = await watch(
      { idleMs: 150 },
      () => false,
      ({ touch }) => {
        setTimeout(touch, 100)
      },
    )
    assert.ok(ms >= 240, `${ms}`)
  })

  it('is more patient while a file is open, and ends it as stalled then', async () => {
    const { reason, ms } = await watch({ idleMs: 60, stalledMs: 300 }, () => true)
    assert.equal(reason, 'stalled')
    assert.ok(ms >= 290, `${ms}`)
  })

  it('is impatient again once the file is closed', async () => {
    let isOpen = true
    setTimeout(() => (isOpen = false), 100)
    const { reason, ms } = await watch({ idleMs: 60, stalledMs: 5000 }, () => isOpen)
    assert.equal(reason, 'idle')
    assert.ok(ms < 1000, `${ms}`)
  })

  it('ends who never opens a channel, but not who has opened one', async () => {
    assert.equal((await watch({ channelMs: 80 }, () => false)).reason, 'no-channel')
    const { reason } = await watch(
      { channelMs: 80, idleMs: 300 },
      () => false,
      (made) => {
        made.noteChannel()
      },
    )
    assert.equal(reason, 'idle')
  })
})

describe('a session that does nothing', function () {
  this.timeout(60_000)
  const house = useHouse()

  it('is ended when it holds no file', async () => {
    const { target } = await house.startServer({ idleMs: 400 })
    const client = await connectClient(target)
    const raw = await openRawSftp(client)
    await awaitClose(raw.client)
  })

  it('leaves a partial upload when it holds a file and stays silent', async () => {
    const { target } = await house.startServer({ idleMs: 100 }, { silentUploadMs: 700 })
    const raw = await openRawSftp(await connectClient(target))
    const reply = await raw.ask(open, 1, 'stalled.csv', writeCreate, 0)
    assert.equal(reply.type, 102)
    const from = performance.now()
    await awaitClose(raw.client)
    assert.ok(performance.now() - from >= 600)
    const upload = await until(async () => {
      const found = await house.findUpload('stalled.csv')
      return found?.state === 'partial' && found
    }, 'the upload to be partial')
    assert.equal(upload.reason, 'CONNECTION_LOST')
  })
})
