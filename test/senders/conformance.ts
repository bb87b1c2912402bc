import assert from 'node:assert/strict'
import { after, before, describe, it } from 'mocha'
import type { OutgoingMessage, Sender } from '../../src/senders/index.ts'

/** Another side that behaves as it is told, and the sender that talks to it. */
export interface Bench {
  readonly sender: Sender
  readonly message: OutgoingMessage
  /** The other side from now on. */
  behave(how: 'take' | 'busy' | 'refuse' | 'swallow' | 'away'): Promise<void>
  /** Ids under which messages came in, in their order. */
  ids(): string[]
  close(): Promise<void>
}

/** What every sender promises, whatever its channel. */
export function describeSender(name: string, open: () => Promise<Bench>): void {
  describe(`the ${name} sender, as any sender`, () => {
    let bench: Bench
    before(async () => (bench = await open()))
    after(() => bench.close())

    it('calls a message accepted that was taken, under the id it was given', async () => {
      await bench.behave('take')
      const answer = await bench.sender.send(bench.message)
      assert.equal(answer.outcome, 'accepted', JSON.stringify(answer))
      assert.deepEqual(bench.ids(), [bench.message.id])
    })

    it('keeps the id over tries', async () => {
      await bench.sender.send(bench.message)
      assert.deepEqual(bench.ids(), [bench.message.id, bench.message.id])
    })

    it('calls a message temporary that the other side wants later', async () => {
      await bench.behave('busy')
      assert.equal((await bench.sender.send(bench.message)).outcome, 'temporary')
    })

    it('calls a message permanent that the other side refuses', async () => {
      await bench.behave('refuse')
      assert.equal((await bench.sender.send(bench.message)).outcome, 'permanent')
    })

    it('calls a message unknown that was handed over and never answered', async () => {
      await bench.behave('swallow')
      const answer = await bench.sender.send(bench.message)
      assert.equal(answer.outcome, 'unknown', JSON.stringify(answer))
    })

    it('calls a message temporary where nobody listens, and all others to the same place with it', async () => {
      await bench.behave('away')
      const answer = await bench.sender.send(bench.message)
      assert.ok(answer.outcome === 'temporary' && answer.isWide, JSON.stringify(answer))
    })

    it('never tells the address in an answer', async () => {
      const answer = await bench.sender.send(bench.message)
      assert.ok(!JSON.stringify(answer).includes(bench.message.to.address))
    })
  })
}
