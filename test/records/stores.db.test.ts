import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { describe, it } from 'mocha'
import { inTransaction } from '../../src/db/index.ts'
import { NotFoundError } from '../../src/errors/index.ts'
import {
  exportRecords,
  findPlanResult,
  finishPlanRequest,
  listTouchedEventIds,
  putOffPlanRequest,
  requestPlan,
  showRecord,
  takePlanRequest,
} from '../../src/records/index.ts'
import { useDatabase } from '../support/database.ts'
import { createAgency, listAll, merge } from './load-rows.ts'
import type { RowParts } from './load-rows.ts'

const rows: RowParts[] = [
  {
    client: { reference: 'b', firstName: 'ANA', fullName: 'DIAZ, ANA', dateOfBirth: '1990-02-28' },
    role: 'defendant',
    roleText: 'DEF',
    contacts: [
      { label: 'home', extension: '7' },
      { channel: 'email', address: 'a@example.test' },
    ],
    case: { number: 'C2', type: 'criminal', status: 'Open' },
    event: {
      reference: 'H2',
      type: 'Trial',
      startsAt: '2027-01-15T14:30:00Z',
      localTime: '08:30',
      statusText: 'Set',
      location: 'Main',
      room: '4',
      judge: 'Ito',
    },
    payment: { reference: 'F1', amount: '125.5', dueOn: '2027-02-01', status: 'due' },
  },
  {
    client: { reference: 'B' },
    contacts: [{ address: '12', status: 'invalid' }],
    case: { number: 'C1' },
    event: { localTime: '08:30:15', startsAt: '2027-01-15T14:30:15Z' },
  },
  { client: { reference: 'a' }, case: { number: 'C1' }, event: { localDate: '2027-01-14' } },
  { client: { reference: 'é' }, case: { number: 'C1' }, event: { reference: 'H10' } },
]

describe('exportRecords', () => {
  const database = useDatabase()

  it('gives the keys of the contract, with times in UTC and in the zone', async () => {
    const { db } = database
    const agencyId = await createAgency(db)
    await merge(db, agencyId, rows.slice(0, 1))
    const [event] = await listAll(db, agencyId, 'events')
    assert.match(String(event!['eventId']), /^\d+$/)
    assert.deepEqual(event, {
      eventId: event!['eventId'],
      eventReference: 'H2',
      caseNumber: 'C2',
      type: 'Trial',
      startsAt: '2027-01-15T14:30:00Z',
      localDate: '2027-01-15',
      localTime: '08:30',
      timeZone: 'America/Chicago',
      status: 'scheduled',
      statusText: 'Set',
      location: 'Main',
      room: '4',
      judge: 'Ito',
      occurrence: 1,
      rescheduledFrom: null,
      held: false,
      participants: [{ clientReference: 'b', role: 'defendant', roleText: 'DEF' }],
    })
    assert.deepEqual(await listAll(db, agencyId, 'clients'), [
      {
        clientReference: 'b',
        firstName: 'ANA',
        middleName: null,
        lastName: null,
        suffix: null,
        fullName: 'DIAZ, ANA',
        language: null,
        dateOfBirth: '1990-02-28',
        status: 'active',
      },
    ])
    const contact = { clientReference: 'b', status: 'valid' }
    assert.deepEqual(await listAll(db, agencyId, 'contacts'), [
      { ...contact, channel: 'email', address: 'a@example.test', label: null, extension: null },
      { ...contact, channel: 'phone', address: '+15125550100', label: 'home', extension: '7' },
    ])
    assert.deepEqual(await listAll(db, agencyId, 'cases'), [
      { caseNumber: 'C2', caseType: 'criminal', status: 'Open' },
    ])
    assert.deepEqual(await listAll(db, agencyId, 'locations'), [{ location: 'Main' }])
    assert.deepEqual(await listAll(db, agencyId, 'judges'), [{ judge: 'Ito' }])
    assert.deepEqual(await listAll(db, agencyId, 'payments'), [
      {
        paymentReference: 'F1',
        clientReference: 'b',
        caseNumber: 'C2',
        amount: '125.50',
        dueOn: '2027-02-01',
        status: 'due',
      },
    ])
  })

  it('sorts by reference byte by byte, then start, then id; what has none comes last', async () => {
    const { db } = database
    const agencyId = await createAgency(db)
    await merge(db, agencyId, rows)
    assert.deepEqual(
      (await listAll(db, agencyId, 'clients')).map(({ clientReference }) => clientReference),
      ['B', 'a', 'b', 'é'],
    )
    assert.deepEqual(
      (await listAll(db, agencyId, 'events')).map((event) => [
        event['eventReference'],
        event['startsAt'],
        event['localTime'],
      ]),
      [
        ['H10', null, null],
        ['H2', '2027-01-15T14:30:00Z', '08:30'],
        [null, '2027-01-15T14:30:15Z', '08:30:15'],
        [null, null, null],
      ],
    )
  })

  it('gives every record when there are more than one fetch takes', async () => {
    const { db } = database
    const agencyId = await createAgency(db)
    const many = Array.from({ length: 2000 }, (_, n) => ({ client: { reference: `P${n}` } }))
    await merge(db, agencyId, many)
    const references = (await listAll(db, agencyId, 'clients')).map((c) => c['clientReference'])
    assert.equal(new Set(references).size, 2000)
    assert.deepEqual(references, many.map(({ client }) => client.reference).toSorted())
  })

  it('sees one moment, whatever is merged beside it', async () => {
    const { db } = database
    const agencyId = await createAgency(db)
    const many = Array.from({ length: 1500 }, (_, n) => ({ client: { reference: `P${n}` } }))
    await merge(db, agencyId, many)
    let count = 0
    for await (const record of exportRecords(db, agencyId, 'clients')) {
      if (count === 0) await merge(db, agencyId, [{ client: { reference: 'Z' } }])
      assert.notEqual(record['clientReference'], 'Z')
      count++
    }
    assert.equal(count, 1500)
  })

  it('gives its connection back when the reader stops early', async () => {
    const { db } = database
    const agencyId = await createAgency(db)
    await merge(db, agencyId, rows)
    for (let turn = 0; turn < 15; turn++) {
      for await (const record of exportRecords(db, agencyId, 'clients')) {
        assert.ok(record)
        break
      }
    }
    assert.equal((await listAll(db, agencyId, 'clients')).length, 4)
  })
})

describe('showRecord', () => {
  const database = useDatabase()

  it('shows a client with contacts, events and payments', async () => {
    const { db } = database
    const agencyId = await createAgency(db)
    await merge(db, agencyId, rows)
    const shown = await showRecord(db, agencyId, 'client', 'b')
    const [client] = (await listAll(db, agencyId, 'clients')).filter(
      (record) => record['clientReference'] === 'b',
    )
    const [event] = (await listAll(db, agencyId, 'events')).filter(
      (record) => record['eventReference'] === 'H2',
    )
    assert.deepEqual(shown, {
      ...client,
      contacts: (await listAll(db, agencyId, 'contacts')).filter(
        (contact) => contact['clientReference'] === 'b',
      ),
      events: [event],
      payments: await listAll(db, agencyId, 'payments'),
    })
  })

  it('shows a case with its events and their participants', async () => {
    const { db } = database
    const agencyId = await createAgency(db)
    await merge(db, agencyId, rows)
    const shown = await showRecord(db, agencyId, 'case', 'C1')
    const events = shown['events'] as { participants: { clientReference: string }[] }[]
    assert.deepEqual(
      events.map(({ participants }) => participants.map((p) => p.clientReference)),
      [['é'], ['B'], ['a']],
    )
  })

  it('shows an event by its reference and by our id', async () => {
    const { db } = database
    const agencyId = await createAgency(db)
    await merge(db, agencyId, rows)
    const byReference = await showRecord(db, agencyId, 'event', 'H2')
    assert.deepEqual(
      await showRecord(db, agencyId, 'event', String(byReference['eventId'])),
      byReference,
    )
  })

  it('does not find what is not there, or is of another agency', async () => {
    const { db } = database
    const [agencyId, other] = [await createAgency(db), await createAgency(db)]
    await merge(db, other, rows)
    const [event] = await listAll(db, other, 'events')
    for (const [kind, reference] of [
      ['client', 'b'],
      ['case', 'C1'],
      ['event', 'H2'],
      ['event', String(event!['eventId'])],
      ['event', '9'.repeat(30)],
      ['client', 'a\0b'],
    ] as const) {
      await assert.rejects(showRecord(db, agencyId, kind, reference), (error) => {
        assert.ok(error instanceof NotFoundError)
        assert.equal(error.code, 'RECORD_NOT_FOUND')
        return true
      })
    }
  })
})

describe('plan requests', () => {
  const database = useDatabase()
  const result = { planned: 3, superseded: 1, held: 0 }

  it('are taken in order, one of an agency at a time, other agencies side by side', async () => {
    const { db } = database
    const [one, two] = [await createAgency(db), await createAgency(db)]
    const [first, second] = [randomUUID(), randomUUID()]
    await requestPlan(db, { agencyId: one, uploadId: first, cause: 'import' })
    await requestPlan(db, { agencyId: one, uploadId: second, cause: 'import' })
    await requestPlan(db, { agencyId: two, uploadId: null, cause: 'flow' })
    await inTransaction(db, async (trx) => {
      const taken = await takePlanRequest(trx)
      assert.deepEqual([taken?.agencyId, taken?.uploadId, taken?.cause], [one, first, 'import'])
      await inTransaction(db, async (beside) => {
        const other = await takePlanRequest(beside)
        assert.deepEqual([other?.agencyId, other?.uploadId], [two, null])
        await finishPlanRequest(beside, other!, result)
        assert.equal(await takePlanRequest(beside), undefined)
      })
      await finishPlanRequest(trx, taken!, result)
    })
    await inTransaction(db, async (trx) => {
      assert.equal((await takePlanRequest(trx))?.uploadId, second)
    })
    assert.deepEqual(await findPlanResult(db, one, first), result)
    assert.equal(await findPlanResult(db, one, second), undefined)
    assert.equal(await findPlanResult(db, two, first), undefined)
    await inTransaction(db, async (trx) => {
      await finishPlanRequest(trx, (await takePlanRequest(trx))!, result)
    })
  })

  it('are given back by a worker that fails', async () => {
    const { db } = database
    const agencyId = await createAgency(db)
    const uploadId = randomUUID()
    await requestPlan(db, { agencyId, uploadId, cause: 'import' })
    await assert.rejects(
      inTransaction(db, async (trx) => {
        await finishPlanRequest(trx, (await takePlanRequest(trx))!, result)
        throw new Error('no')
      }),
    )
    assert.equal(await findPlanResult(db, agencyId, uploadId), undefined)
    await inTransaction(db, async (trx) => {
      const taken = await takePlanRequest(trx)
      assert.equal(taken?.uploadId, uploadId)
      await finishPlanRequest(trx, taken, result)
    })
  })

  it('wait after a failure, stay the first of their agency, and let other agencies go on', async () => {
    const { db } = database
    const [one, two] = [await createAgency(db), await createAgency(db)]
    await requestPlan(db, { agencyId: one, uploadId: null, cause: 'flow' })
    await requestPlan(db, { agencyId: one, uploadId: randomUUID(), cause: 'import' })
    await requestPlan(db, { agencyId: two, uploadId: null, cause: 'flow' })
    const failing = await inTransaction(db, takePlanRequest)
    assert.equal(failing?.agencyId, one)
    await putOffPlanRequest(db, failing)
    await inTransaction(db, async (trx) => {
      const next = await takePlanRequest(trx)
      assert.equal(next?.agencyId, two)
      await finishPlanRequest(trx, next, result)
      assert.equal(await takePlanRequest(trx), undefined)
    })
    await db.raw(`update plan_requests set not_before = now() where agency_id = ?`, [one])
    assert.equal((await inTransaction(db, takePlanRequest))?.requestId, failing.requestId)
    await db('plan_requests').where({ agency_id: one }).update({ planned_at: db.fn.now() })
  })

  it('have no result while a newer one of the same upload is open', async () => {
    const { db } = database
    const agencyId = await createAgency(db)
    const uploadId = randomUUID()
    await requestPlan(db, { agencyId, uploadId, cause: 'import' })
    await inTransaction(db, async (trx) =>
      finishPlanRequest(trx, (await takePlanRequest(trx))!, result),
    )
    await requestPlan(db, { agencyId, uploadId, cause: 'import' })
    assert.equal(await findPlanResult(db, agencyId, uploadId), undefined)
  })

  it('forget what was touched only by what hangs on it, once they are done', async () => {
    const { db } = database
    const agencyId = await createAgency(db)
    await merge(db, agencyId, rows)
    const { uploadId } = await merge(db, agencyId, [{ client: { reference: 'b', language: 'es' } }])
    assert.equal((await listTouchedEventIds(db, agencyId, uploadId)).length, 1)
    await inTransaction(db, (trx) =>
      finishPlanRequest(trx, { agencyId, requestId: 0, uploadId, cause: 'import' }, result),
    )
    assert.deepEqual(await listTouchedEventIds(db, agencyId, uploadId), [])
  })
})
