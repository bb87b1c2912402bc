import assert from 'node:assert/strict'
import fc from 'fast-check'
import { describe, it } from 'mocha'
import type { Db } from '../../src/db/index.ts'
import type { Absence } from '../../src/records/index.ts'
import { useDatabase } from '../support/database.ts'
import { createAgency, merge } from './load-rows.ts'
import type { RowParts } from './load-rows.ts'
import { dumpAll, exportAll, undo } from './undo-steps.ts'

const maybe = <Value>(...values: readonly Value[]) =>
  fc.option(fc.constantFrom(...values), { nil: null })

/** Rows over a small world: they update what stands, reset it, move it, leave it out, and bring it back. */
const row: fc.Arbitrary<RowParts> = fc.record({
  client: fc.option(
    fc.record({
      reference: fc.constantFrom('P1', 'P2', 'P3'),
      firstName: maybe('ANA', 'BOB'),
      fullName: maybe('DIAZ, ANA', 'ROE, BOB'),
      language: maybe('en', 'es'),
      dateOfBirth: maybe('1990-02-28', '1991-03-01'),
    }),
    { nil: null, freq: 8 },
  ),
  role: maybe('defendant', 'witness'),
  contacts: fc.array(
    fc.record({
      address: fc.constantFrom('+15125550101', '+15125550102', '+15125550103'),
      label: maybe('home', 'cell'),
      extension: maybe('12'),
      status: fc.constantFrom('valid', 'invalid'),
    }),
    { maxLength: 2 },
  ),
  case: fc.option(
    fc.record({
      number: fc.constantFrom('C1', 'C2'),
      type: maybe('criminal', 'civil'),
      status: maybe('open', 'closed'),
    }),
    { nil: null, freq: 8 },
  ),
  event: fc.option(
    fc.record({
      reference: fc.option(fc.constantFrom('H1', 'H2'), { nil: null, freq: 3 }),
      localDate: fc.constantFrom('2027-01-15', '2027-01-16', '2027-02-20'),
      localTime: maybe('09:00', '13:30'),
      status: fc.constantFrom('scheduled', 'scheduled', 'rescheduled', 'cancelled', null),
      statusText: maybe('Reset', 'Set'),
      type: maybe('Trial', 'Plea'),
      location: maybe('Main', 'Annex'),
      room: maybe('4', '5'),
      judge: maybe('Ito', 'Kim'),
    }),
    { nil: null, freq: 8 },
  ),
  payment: fc.option(
    fc.record({ reference: fc.constantFrom('F1', 'F2'), amount: maybe('10.00', '20.50') }),
    { nil: null, freq: 2 },
  ),
})

const absence: fc.Arbitrary<Absence | undefined> = fc.option(
  fc.record({
    method: fc.constantFrom(
      'update' as const,
      'replace-template' as const,
      'replace-agency' as const,
    ),
    missing: fc.constantFrom('cancel' as const, 'keep' as const),
    listDoubts: fc.constant(() => []),
  }),
  { nil: undefined },
)

const fileOf = (maxLength: number) =>
  fc.record({
    rows: fc.array(row, { maxLength }),
    absence,
    tellsRoles: fc.boolean(),
    template: fc.constantFrom('ecr', 'ecr', 'second'),
  })

const file = fileOf(10)

type Night = typeof file extends fc.Arbitrary<infer Value> ? Value : never

function importNight(db: Db, agencyId: number, { rows, ...options }: Night) {
  return merge(db, agencyId, rows, options)
}

describe('undo of any night', () => {
  const database = useDatabase()
  const runs = process.env['TEST_SIZE'] === 'long' ? 1000 : 30

  it('leaves every column of every record as it was before, night after night back to nothing', async () => {
    const { db } = database
    await fc.assert(
      fc.asyncProperty(fc.array(file, { minLength: 1, maxLength: 4 }), async (nights) => {
        const agencyId = await createAgency(db)
        const states: { uploadId: string; dump: string[]; exported: unknown }[] = []
        for (const night of nights) {
          const [dump, exported] = [await dumpAll(db, agencyId), await exportAll(db, agencyId)]
          const { uploadId } = await importNight(db, agencyId, night)
          states.push({ uploadId, dump, exported })
        }
        for (const { uploadId, dump, exported } of states.toReversed()) {
          assert.deepEqual((await undo(db, agencyId, uploadId)).blockers, [])
          assert.deepEqual(await exportAll(db, agencyId), exported)
          const withoutTemplates = (lines: string[]) =>
            lines.filter((line) => !line.startsWith('event_templates'))
          assert.deepEqual(withoutTemplates(await dumpAll(db, agencyId)), withoutTemplates(dump))
        }
      }),
      { numRuns: runs },
    )
  })

  it('restores an earlier night only where no later one touched its records, and else changes nothing', async () => {
    const { db } = database
    let [undone, refused] = [0, 0]
    await fc.assert(
      fc.asyncProperty(file, fileOf(4), fileOf(2), async (first, second, third) => {
        const agencyId = await createAgency(db)
        await importNight(db, agencyId, first)
        const { uploadId } = await importNight(db, agencyId, second)
        const last = await importNight(db, agencyId, third)
        const before = await dumpAll(db, agencyId)
        const { blockers } = await undo(db, agencyId, uploadId)
        if (blockers.length > 0) {
          refused++
          assert.deepEqual(await dumpAll(db, agencyId), before)
          assert.deepEqual([...new Set(blockers.map((one) => one.uploadId))], [last.uploadId])
          assert.deepEqual((await undo(db, agencyId, last.uploadId)).blockers, [])
          assert.deepEqual((await undo(db, agencyId, uploadId)).blockers, [])
        } else undone++
        assert.equal(
          (await dumpAll(db, agencyId)).some((line) => line.includes(uploadId)),
          false,
        )
      }),
      { numRuns: runs },
    )
    assert.ok(undone > 0 && refused > 0, `${undone} undone, ${refused} refused`)
  })
})
