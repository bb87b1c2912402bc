import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { parse } from 'csv-parse/sync'
import { countEcrStream, streamEcr } from '../../src/sample/index.ts'

const options = { seed: 3, from: '2026-11-23' }

async function collect(rows: number): Promise<Buffer> {
  const chunks: Buffer[] = []
  for await (const chunk of streamEcr(options, rows)) chunks.push(chunk)
  return Buffer.concat(chunks)
}

describe('a stream of the standard ECR', () => {
  it('has exactly the rows and records that are counted', async () => {
    for (const rows of [0, 1, 2, 3, 7, 8, 9, 10, 17, 18, 19, 4999, 5000]) {
      const text = await collect(rows)
      const [header, ...lines]: string[][] = parse(text)
      assert.equal(header?.length, 12)
      assert.equal(lines.length, rows)
      const { clients, cases, events } = countEcrStream(rows)
      assert.equal(new Set(lines.map(([reference]) => reference)).size, clients, String(rows))
      assert.equal(new Set(lines.map((cells) => cells[11])).size, cases)
      assert.equal(
        new Set(lines.map((cells) => `${cells[11] ?? ''} ${cells[7] ?? ''}`)).size,
        events,
      )
      assert.equal(new Set(lines.map((cells) => cells.join())).size, rows)
    }
  })

  it('has the same bytes every time, in chunks of bounded size', async () => {
    const digest = async () => {
      const hash = createHash('sha256')
      for await (const chunk of streamEcr(options, 20_000)) {
        assert.ok(chunk.length < 70_000)
        hash.update(chunk)
      }
      return hash.digest('hex')
    }
    assert.equal(await digest(), await digest())
  })
})
