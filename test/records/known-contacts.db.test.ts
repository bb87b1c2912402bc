import assert from 'node:assert/strict'
import { describe, it } from 'mocha'
import { useDatabase } from '../support/database.ts'
import { createAgency, listAll, merge } from './load-rows.ts'
import type { RowParts } from './load-rows.ts'

const row = (label: string | null, caseNumber: string): RowParts => ({
  client: { reference: 'P1' },
  contacts: [{ label }],
  case: { number: caseNumber },
})

describe('contacts told again and again in one file', () => {
  const database = useDatabase()

  async function findLabel(rows: readonly RowParts[]): Promise<unknown> {
    const agencyId = await createAgency(database.db)
    const { records } = await merge(database.db, agencyId, rows)
    assert.equal(records.contacts.created, 1)
    const [contact] = await listAll(database.db, agencyId, 'contacts')
    return contact?.['label']
  }

  it('keep the last label that is not blank', async () => {
    assert.equal(await findLabel([row('home', 'A'), row('home', 'B'), row('home', 'C')]), 'home')
    assert.equal(await findLabel([row('home', 'A'), row('cell', 'B'), row('home', 'C')]), 'home')
    assert.equal(await findLabel([row('home', 'A'), row('home', 'B'), row('cell', 'C')]), 'cell')
    assert.equal(await findLabel([row('home', 'A'), row(null, 'B'), row(null, 'C')]), 'home')
  })

  it('keep it also where a row that told it is the duplicate of an earlier one', async () => {
    const rows = [row('home', 'A'), row('cell', 'B'), row('home', 'A'), row('home', 'C')]
    assert.equal(await findLabel(rows), 'home')
  })
})
