import assert from 'node:assert/strict'
import { createRequire } from 'node:module'
import { setImmediate as turn } from 'node:timers/promises'
import fc from 'fast-check'
import type { ServerChannel } from 'ssh2'
import { guardInflow } from '../../src/sftp/inflow.ts'
import { maxUnreadBytes } from '../../src/sftp/limits.ts'

interface Ssh2Channel extends ServerChannel {
  readonly incoming: { window: number }
  _waitChanDrain: boolean
}
const { Channel, MAX_WINDOW, WINDOW_THRESHOLD, windowAdjust } = createRequire(import.meta.url)(
  'ssh2/lib/Channel.js',
) as {
  Channel: new (client: object, info: object, options: object) => Ssh2Channel
  MAX_WINDOW: number
  WINDOW_THRESHOLD: number
  windowAdjust: (channel: Ssh2Channel) => void
}

/** A channel of ssh2 without a connection below it, and a client that knows its window. */
function setUp() {
  const state = { window: MAX_WINDOW, sent: 0, read: 0, mostUnread: 0, overflows: 0 }
  const protocol = { channelWindowAdjust: (_id: number, bytes: number) => (state.window += bytes) }
  const side = { id: 0, window: MAX_WINDOW, packetSize: 32_768, state: 'open' }
  const info = { type: 'session', incoming: { ...side }, outgoing: { ...side } }
  const channel = new Channel({ _protocol: protocol }, info, { server: true })
  const inflow = guardInflow(channel, () => (state.overflows += 1))

  /** As lib/server.js takes CHANNEL_DATA. */
  function deliver(bytes: number): void {
    state.sent += bytes
    channel.incoming.window -= bytes
    if (!channel.push(Buffer.alloc(bytes))) channel._waitChanDrain = true
    else if (channel.incoming.window <= WINDOW_THRESHOLD) windowAdjust(channel)
    state.mostUnread = Math.max(state.mostUnread, channel.readableLength)
  }

  /** Sends one packet if the window has room. */
  function sendHonestly(): boolean {
    const bytes = Math.min(32_768, state.window)
    if (bytes === 0) return false
    state.window -= bytes
    deliver(bytes)
    return true
  }
  return { channel, inflow, state, deliver, sendHonestly }
}

describe('inflow of a channel', () => {
  it('never takes an honest client for another, and never lets it wait for ever, however it is paused', async () => {
    const steps = fc.array(fc.constantFrom('send', 'send', 'send', 'pause', 'resume', 'turn'), {
      minLength: 50,
      maxLength: 400,
    })
    await fc.assert(
      fc.asyncProperty(steps, async (all) => {
        const { channel, inflow, state, sendHonestly } = setUp()
        channel.on('data', (chunk: Buffer) => {
          state.read += chunk.length
          // As a queue that is full after each chunk.
          if (state.read % 3 === 0) inflow.pause()
        })
        for (const step of all) {
          if (step === 'send') for (let count = 0; count < 40 && sendHonestly(); count++);
          else if (step === 'turn') await turn()
          else inflow[step]()
        }
        for (let round = 0; state.read < state.sent || !sendHonestly(); round++) {
          assert.ok(round < 5000, 'the client waits for ever')
          inflow.resume()
          await turn()
        }
        assert.equal(state.overflows, 0)
        assert.ok(state.mostUnread <= maxUnreadBytes)
      }),
      { numRuns: 60 },
    )
  })

  it('opens no window while it is paused', async () => {
    const { channel, inflow, state, sendHonestly } = setUp()
    channel.on('data', () => undefined)
    inflow.pause()
    while (sendHonestly()) await turn()
    assert.equal(state.sent, MAX_WINDOW)
    inflow.resume()
    await turn()
    assert.ok(sendHonestly())
  })

  it('tells once of a client that sends beyond its window, and keeps no more of it', () => {
    const { channel, inflow, state, deliver } = setUp()
    channel.on('data', () => undefined)
    inflow.pause()
    for (let count = 0; count < 500; count++) deliver(32_768)
    assert.equal(state.overflows, 1)
    assert.ok(channel.readableLength <= maxUnreadBytes + 32_768)
  })
})
