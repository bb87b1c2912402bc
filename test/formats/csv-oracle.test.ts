import assert from 'node:assert/strict'
import { parse } from 'csv-parse/sync'
import fc from 'fast-check'
import type { Delimiter } from '../../src/formats/index.ts'
import { readTable, useTempFiles } from './temp-files.ts'

const files = useTempFiles()

const delimiters: readonly Delimiter[] = [',', '|', ';', '\t', '^']
const lineEnds = ['\r\n', '\n', '\r'] as const

/** One cell, and whether it is quoted although it need not be. */
const cell = fc.tuple(
  fc.string({ unit: fc.constantFrom('a', '1', 'ñ', ' ', '"', ',', '|', ';', '\n'), maxLength: 8 }),
  fc.boolean(),
)

/** As wide everywhere: in a row of another width, lines within a cell may be taken for records (`glued`). */
const table = fc.integer({ min: 2, max: 6 }).chain((width) =>
  fc.array(fc.array(cell, { minLength: width, maxLength: width }), {
    minLength: 1,
    maxLength: 30,
  }),
)

/** By the rules (RFC 4180): quotes are doubled, and cells that need it are quoted. */
function spell([text, isQuoted]: readonly [string, boolean], delimiter: string): string {
  // Lines of a cell that could be records of their own are another matter (`glued`).
  const value = text.includes('\n') ? text.replaceAll(delimiter, ' ') : text
  const needs = value.includes(delimiter) || /["\n\r]/.test(value)
  return needs || isQuoted ? `"${value.replaceAll('"', '""')}"` : value
}

describe('the text reader beside csv-parse', () => {
  it('takes files that follow the rules apart into the same cells', async () => {
    await fc.assert(
      fc.asyncProperty(
        table,
        fc.constantFrom(...delimiters),
        fc.constantFrom(...lineEnds),
        fc.boolean(),
        async (rows, delimiter, lineEnd, endsWithLineEnd) => {
          const lines = rows.map((row) => row.map((one) => spell(one, delimiter)).join(delimiter))
          const text = lines.join(lineEnd) + (endsWithLineEnd ? lineEnd : '')
          const expected = parse(text, {
            delimiter,
            record_delimiter: ['\r\n', '\n', '\r'],
            relax_column_count: true,
          })
          const read = await readTable(await files.write(text), { delimiter, encoding: 'utf-8' })
          assert.deepEqual(
            read.rows.map(({ cells }) => cells),
            expected,
          )
          assert.ok(read.rows.every(({ problem }) => problem === undefined))
        },
      ),
      { numRuns: 400 },
    )
  })
})
