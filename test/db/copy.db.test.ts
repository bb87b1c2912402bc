import assert from 'node:assert/strict'
import fc from 'fast-check'
import { beforeEach, describe, it } from 'mocha'
import { pgCode, startCopy, toCopyLine } from '../../src/db/index.ts'
import { useDatabase } from '../support/database.ts'

/** Text that could be taken for COPY's own signs. */
const hostile = [
  '',
  ' ',
  '\\',
  '\\\\',
  '\\N',
  '\\n',
  '\\.',
  '\t',
  '\n',
  '\r',
  '\r\n',
  '\b\f\v',
  'a\tb\\tc',
  '\\x41',
  '\\101',
  'NULL',
  '"quoted"',
  `o'clock`,
  '𝄞😀👩‍👩‍👧',
  'é',
  'e\u0301',
  '\u2028',
  '\u00a0',
  '\ufeff',
  '\u0001',
  '\u007f',
  ';--',
  '$1 ? :name',
  'x'.repeat(100_000),
]

describe('startCopy', () => {
  const database = useDatabase()
  beforeEach(async () => {
    await database.db.raw('drop table if exists copied')
    await database.db.raw('create table copied (n int, text text)')
  })
  const readBack = async () =>
    (
      await database.db.raw<{ rows: { n: number; text: string | null }[] }>(
        'select n, text from copied order by n',
      )
    ).rows

  it('carries hostile text over unchanged, and null as null', async () => {
    const texts = [...hostile, null]
    await database.db.transaction(async (trx) => {
      const copy = await startCopy(trx, 'copied (n, text)')
      for (const [n, text] of texts.entries()) await copy.write(toCopyLine([n, text]))
      assert.equal(await copy.end(), texts.length)
    })
    assert.deepEqual(
      await readBack(),
      texts.map((text, n) => ({ n, text })),
    )
  })

  it('carries any text over unchanged', async () => {
    // NUL cannot be stored in PostgreSQL, and half a surrogate pair has no UTF-8.
    const text = fc
      .string({ unit: 'grapheme' })
      .filter((value) => !/[\0\p{Surrogate}]/u.test(value))
    await fc.assert(
      fc.asyncProperty(fc.array(text, { minLength: 1, maxLength: 20 }), async (texts) => {
        await database.db.raw('truncate copied')
        await database.db.transaction(async (trx) => {
          const copy = await startCopy(trx, 'copied (n, text)')
          await copy.write(texts.map((value, n) => toCopyLine([n, value])).join(''))
          await copy.end()
        })
        assert.deepEqual(
          (await readBack()).map((row) => row.text),
          texts,
        )
      }),
      { numRuns: 50 },
    )
  })

  it('takes numbers, booleans and missing values', async () => {
    await database.db.raw('alter table copied add column yes boolean')
    await database.db.transaction(async (trx) => {
      const copy = await startCopy(trx, 'copied (n, text, yes)')
      await copy.write(toCopyLine([1, undefined, true]) + toCopyLine([-2, 'x', false]))
      assert.equal(await copy.end(), 2)
      const { rows } = await trx.raw<{ rows: unknown[] }>('select * from copied order by n desc')
      assert.deepEqual(rows, [
        { n: 1, text: null, yes: true },
        { n: -2, text: 'x', yes: false },
      ])
    })
  })

  it('waits for PostgreSQL without piling up listeners or bytes', async () => {
    const warnings: Error[] = []
    const onWarning = (warning: Error) => warnings.push(warning)
    process.on('warning', onWarning)
    const line = toCopyLine([1, 'x'.repeat(60_000)])
    await database.db.transaction(async (trx) => {
      const copy = await startCopy(trx, 'copied (n, text)')
      for (let n = 0; n < 400; n++) await copy.write(line)
      assert.equal(await copy.end(), 400)
    })
    await new Promise((resolve) => setImmediate(resolve))
    process.removeListener('warning', onWarning)
    assert.deepEqual(
      warnings.map(({ message }) => message),
      [],
    )
  })

  it('fails the transaction with PostgreSQL’s code when a value does not fit', async () => {
    await assert.rejects(
      database.db.transaction(async (trx) => {
        const copy = await startCopy(trx, 'copied (n, text)')
        await copy.write(toCopyLine([1, 'fine']) + toCopyLine(['no number', 'bad']))
        await copy.end()
      }),
      (error) => pgCode(error) === '22P02',
    )
    assert.deepEqual(await readBack(), [])
    await assert.rejects(
      database.db.transaction(async (trx) => {
        const copy = await startCopy(trx, 'no_such_table')
        for (let n = 0; n < 1000; n++) await copy.write(toCopyLine([n, 'x'.repeat(10_000)]))
        await copy.end()
      }),
      (error) => pgCode(error) === '42P01',
    )
  })

  it('fails, and does not wait for ever, when its connection is ended', async () => {
    const copying = database.db.transaction(async (trx) => {
      const { rows } = await trx.raw<{ rows: { pid: number }[] }>('select pg_backend_pid() as pid')
      const copy = await startCopy(trx, 'copied (n, text)')
      await copy.write(toCopyLine([1, 'x']))
      await database.db.raw('select pg_terminate_backend(?)', [rows[0]!.pid])
      for (let n = 0; n < 1000; n++) await copy.write(toCopyLine([n, 'x'.repeat(10_000)]))
      await copy.end()
    })
    await assert.rejects(copying)
    assert.deepEqual(await readBack(), [])
  })

  it('leaves nothing behind when given up', async () => {
    await assert.rejects(
      database.db.transaction(async (trx) => {
        const copy = await startCopy(trx, 'copied (n, text)')
        await copy.write(toCopyLine([1, 'x']))
        copy.abort(new Error('given up'))
        throw new Error('given up')
      }),
      /given up/,
    )
    assert.deepEqual(await readBack(), [])
  })
})
