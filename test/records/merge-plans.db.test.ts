import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { before, describe, it } from 'mocha'
import type { Trx } from '../../src/db/index.ts'
import { mergeRows } from '../../src/records/index.ts'
import { useDatabase } from '../support/database.ts'
import { createAgency, inBatches, merge, toLoadRows } from './load-rows.ts'
import type { RowParts } from './load-rows.ts'

/** How many of each there are before the small file comes. */
const many = 60_000
const few = 200
const big = ['clients', 'contacts', 'cases', 'events', 'participants']

function createRows(from: number, to: number): RowParts[] {
  return Array.from({ length: to - from }, (_, index) => {
    const number = from + index
    return {
      client: { reference: `P${number}`, fullName: `Person ${number}` },
      role: 'defendant',
      roleText: 'Defendant',
      contacts: [{ channel: 'email', address: `p${number}@example.com` }],
      case: { number: `CR-${number}` },
      event: { localTime: '08:30', startsAt: '2027-01-15T14:30:00Z', location: 'Room 1' },
    }
  })
}

interface Reads {
  readonly name: string
  /** Rows that whole scans have read. */
  readonly scanned: number
}

/** What this transaction has read of the big tables: what plans have done, not what they promised. */
async function listReads(trx: Trx): Promise<Reads[]> {
  const { rows } = await trx.raw<{ rows: Reads[] }>(
    `select relname as name, seq_tup_read as scanned
       from pg_stat_xact_user_tables where relname = any(?)`,
    [big],
  )
  return rows
}

class Rollback extends Error {}

describe('a small file in front of big tables', function () {
  this.timeout(180_000)
  const database = useDatabase()
  let agencyId = 0

  before(async () => {
    const { db } = database
    agencyId = await createAgency(db)
    await merge(db, agencyId, createRows(0, many))
    await db.raw('vacuum analyze')
  })

  for (const [what, from] of [
    ['identical', 1000],
    ['new', many],
    ['half new', many - few / 2],
  ] as const) {
    it(`is merged by index when it is ${what}: no big table is read whole`, async () => {
      const options = {
        agencyId,
        uploadId: randomUUID(),
        template: 'ecr',
        eventIdentity: [],
        tellsRoles: true,
        now: new Date('2026-11-23T12:00:00Z'),
      }
      const trial = database.db.transaction(async (trx) => {
        const rows = inBatches(toLoadRows(createRows(from, from + few)))
        const { records } = await mergeRows(trx, options, rows)
        assert.equal(records.events.created + records.events.unchanged, few)
        const reads = await listReads(trx)
        assert.equal(reads.length, big.length)
        assert.deepEqual(
          reads.filter(({ scanned }) => scanned >= many),
          [],
        )
        throw new Rollback()
      })
      await assert.rejects(trial, Rollback)
    })
  }
})
