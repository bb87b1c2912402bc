import { createHash, randomUUID } from 'node:crypto'
import type { Db } from '../../src/db/index.ts'
import { inTransaction } from '../../src/db/index.ts'
import { exportRecords, mergeRows } from '../../src/records/index.ts'
import type {
  ExportedRecord,
  LoadRow,
  MergeOptions,
  MergeResult,
  RecordKind,
} from '../../src/records/index.ts'

type Client = NonNullable<LoadRow['client']>
type Case = NonNullable<LoadRow['case']>
type Event = NonNullable<LoadRow['event']>
type Payment = NonNullable<LoadRow['payment']>

/** What a row of a test says; everything else is null. */
export interface RowParts {
  readonly client?: Partial<Client> | null
  readonly role?: LoadRow['role']
  readonly roleText?: string | null
  readonly contacts?: readonly Partial<LoadRow['contacts'][number]>[]
  readonly case?: Partial<Case> | null
  readonly event?: Partial<Event> | null
  readonly payment?: Partial<Payment> | null
}

const client: Client = {
  reference: 'P1',
  firstName: null,
  middleName: null,
  lastName: null,
  suffix: null,
  fullName: null,
  language: null,
  dateOfBirth: null,
}

const event: Event = {
  reference: null,
  type: null,
  startsAt: null,
  localDate: '2027-01-15',
  localTime: null,
  timeZone: 'America/Chicago',
  status: 'scheduled',
  statusText: null,
  location: null,
  room: null,
  judge: null,
}

const payment: Payment = { reference: 'F1', amount: null, dueOn: null, status: null }

const part = <Part>(base: Part, given: Partial<Part> | null | undefined): Part | null =>
  given === null || given === undefined ? null : { ...base, ...given }

/** Numbers the rows from 2, as in a file with a header. */
export function toLoadRows(rows: readonly RowParts[]): LoadRow[] {
  return rows.map((row, index) => ({
    row: index + 2,
    fingerprint: createHash('md5').update(JSON.stringify(row)).digest('hex'),
    client: part(client, row.client),
    role: row.role ?? null,
    roleText: row.roleText ?? null,
    contacts: (row.contacts ?? []).map((contact) => ({
      channel: 'phone',
      address: '+15125550100',
      label: null,
      extension: null,
      status: 'valid',
      ...contact,
    })),
    case: part({ number: 'C1', type: null, status: null }, row.case),
    event: part(event, row.event),
    payment: part(payment, row.payment),
  }))
}

export async function* inBatches(
  rows: readonly LoadRow[],
  size = 500,
): AsyncGenerator<readonly LoadRow[]> {
  for (let start = 0; start < rows.length; start += size) {
    yield await Promise.resolve(rows.slice(start, start + size))
  }
}

export async function createAgency(db: Db): Promise<number> {
  const name = `a-${randomUUID().slice(0, 8)}`
  const [row] = await db('agencies')
    .insert({ agency: name, name, time_zone: 'America/Chicago' })
    .returning<{ agency_id: number }[]>('agency_id')
  return row!.agency_id
}

/** Merges one file; `batchSize` and any option may be given. */
export async function merge(
  db: Db,
  agencyId: number,
  rows: readonly RowParts[],
  { batchSize = 500, ...options }: Partial<MergeOptions> & { batchSize?: number } = {},
): Promise<MergeResult & { uploadId: string }> {
  const all: MergeOptions = {
    agencyId,
    uploadId: randomUUID(),
    template: 'ecr',
    eventIdentity: [],
    tellsRoles: true,
    now: new Date('2026-11-23T12:00:00Z'),
    ...options,
  }
  const result = await inTransaction(db, (trx) =>
    mergeRows(trx, all, inBatches(toLoadRows(rows), batchSize)),
  )
  return { ...result, uploadId: all.uploadId }
}

export async function listAll(
  db: Db,
  agencyId: number,
  kind: RecordKind,
): Promise<ExportedRecord[]> {
  const records = []
  for await (const record of exportRecords(db, agencyId, kind)) records.push(record)
  return records
}
