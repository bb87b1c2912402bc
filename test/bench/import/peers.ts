import { spawnSync } from 'node:child_process'
import { createReadStream } from 'node:fs'
import { pipeline } from 'node:stream/promises'
import { parse } from 'csv-parse'
import pg from 'pg'
import { from as copyFrom } from 'pg-copy-streams'
import type { Db, Trx } from '../../../src/db/index.ts'

const seconds = async (work: () => Promise<unknown>): Promise<number> => {
  const startedAt = performance.now()
  await work()
  return (performance.now() - startedAt) / 1000
}

/** Is there a `psql` on this machine? Without it the bare COPY goes through pg-copy-streams. */
export const hasPsql = spawnSync('psql', ['--version']).status === 0

/** The floor: the bytes of the file into one table of texts without any index, committed. */
export async function copyBare(db: Db, url: string, path: string, rows: number): Promise<number> {
  await db.raw('truncate bare')
  const taken = await seconds(async () => {
    if (hasPsql) {
      const command = `\\copy bare from '${path}' with (format csv, header)`
      const { status, stderr } = spawnSync('psql', ['-X', '-q', url, '-c', command], {
        encoding: 'utf8',
      })
      if (status !== 0) throw new Error(stderr)
      return
    }
    const client = new pg.Client({ connectionString: url })
    await client.connect()
    const target = client.query(copyFrom('copy bare from stdin with (format csv, header)'))
    await pipeline(createReadStream(path), target)
    await client.end()
  })
  const { rows: counts } = await db.raw<{ rows: [{ count: number }] }>(
    'select count(*) as count from bare',
  )
  if (counts[0].count !== rows) throw new Error(`${counts[0].count} rows were copied, not ${rows}`)
  return taken
}

/** Makes the tables of the peers. */
export async function createPeerTables(db: Db): Promise<void> {
  const texts = Array.from({ length: 20 }, (_, index) => `c${index} text`)
  await db.raw(`
    create table bare (${texts.join(', ')});
    create schema peer;
    create table peer.clients (client_id bigserial primary key, reference text not null unique, first_name text,
      last_name text, language text, updated_at timestamptz not null default now());
    create table peer.cases (case_id bigserial primary key, number text not null unique,
      updated_at timestamptz not null default now());
    create table peer.contacts (contact_id bigserial primary key, client_id bigint not null references peer.clients,
      channel text not null, address text not null, updated_at timestamptz not null default now(),
      unique (client_id, channel, address));
    create table peer.events (event_id bigserial primary key, case_id bigint not null references peer.cases,
      local_start timestamp not null, status text, location text, judge text,
      updated_at timestamptz not null default now(), unique (case_id, local_start));
    create table peer.participants (event_id bigint not null references peer.events, client_id bigint not null
      references peer.clients, role text, primary key (event_id, client_id));
    create index on peer.participants (client_id);
    create index on peer.events (local_start)`)
}

/** csv-parse alone, with arrays and without a cast, rows thrown away. */
export async function parseAlone(path: string, rows: number): Promise<number> {
  let count = -1
  const taken = await seconds(async () => {
    const parser = createReadStream(path, { highWaterMark: 1 << 16 }).pipe(parse())
    parser.on('data', () => (count += 1))
    await new Promise((resolve, reject) => parser.once('end', resolve).once('error', reject))
  })
  if (count !== rows) throw new Error(`csv-parse gave ${count} rows, not ${rows}`)
  return taken
}

const batchRows = 2000

const unique = <Row>(rows: readonly Row[], toKey: (row: Row) => string): Row[] => [
  ...new Map(rows.map((row) => [toKey(row), row])).values(),
]

async function upsert(
  trx: Trx,
  table: string,
  keys: readonly string[],
  rows: readonly object[],
  returning: readonly string[],
): Promise<Record<string, unknown>[]> {
  if (rows.length === 0) return []
  const saved: unknown = await trx(`peer.${table}`)
    .insert(rows as never)
    .onConflict([...keys])
    .merge()
    .returning([...returning])
  return saved as Record<string, unknown>[]
}

function toClock(text: string): string {
  const [, month = '', day = '', year = '', hour = '', minute = '', half = ''] =
    /^(\d+)\/(\d+)\/(\d+) (\d+):(\d+) ([AP])M$/.exec(text) ?? []
  const shown = (Number(hour) % 12) + (half === 'P' ? 12 : 0)
  return `${year}-${month}-${day} ${shown}:${minute}:00`
}

async function saveBatch(trx: Trx, cells: readonly (readonly string[])[]): Promise<void> {
  const at = (row: readonly string[], index: number) => row[index] ?? ''
  const people = unique(cells, (row) => at(row, 0))
  const clients = await upsert(
    trx,
    'clients',
    ['reference'],
    people.map((row) => ({
      reference: at(row, 0),
      first_name: at(row, 1),
      last_name: at(row, 2),
      language: at(row, 4),
    })),
    ['client_id', 'reference'],
  )
  const clientIds = new Map(clients.map((row) => [String(row['reference']), row['client_id']]))
  const numbers = unique(cells, (row) => at(row, 11))
  const cases = await upsert(
    trx,
    'cases',
    ['number'],
    numbers.map((row) => ({ number: at(row, 11) })),
    ['case_id', 'number'],
  )
  const caseIds = new Map(cases.map((row) => [String(row['number']), row['case_id']]))
  const contacts = cells.flatMap((row) =>
    [
      ['phone', at(row, 5).replace(/\D/g, '')],
      ['email', at(row, 6).toLowerCase()],
    ]
      .filter(([, address]) => address !== '')
      .map(([channel, address]) => ({ client_id: clientIds.get(at(row, 0)), channel, address })),
  )
  await upsert(
    trx,
    'contacts',
    ['client_id', 'channel', 'address'],
    unique(contacts, (row) => JSON.stringify(row)),
    ['contact_id'],
  )
  const starts = unique(cells, (row) => `${at(row, 11)} ${at(row, 7)}`)
  const events = await upsert(
    trx,
    'events',
    ['case_id', 'local_start'],
    starts.map((row) => ({
      case_id: caseIds.get(at(row, 11)),
      local_start: toClock(at(row, 7)),
      status: at(row, 8),
      location: at(row, 9),
      judge: at(row, 10),
    })),
    ['event_id', 'case_id'],
  )
  const eventIds = new Map(events.map((row) => [row['case_id'], row['event_id']]))
  const participants = cells.map((row) => ({
    event_id: eventIds.get(caseIds.get(at(row, 11))),
    client_id: clientIds.get(at(row, 0)),
    role: at(row, 3),
  }))
  await upsert(
    trx,
    'participants',
    ['event_id', 'client_id'],
    unique(participants, (row) => `${String(row.event_id)} ${String(row.client_id)}`),
    ['event_id'],
  )
}

/** What one would write first: csv-parse, batches of 2,000 rows, upserts with knex, one transaction. */
export async function upsertBatches(db: Db, path: string): Promise<number> {
  return seconds(() =>
    db.transaction(async (trx) => {
      let batch: string[][] = []
      const parser = createReadStream(path).pipe(parse({ from_line: 2 }))
      for await (const row of parser as AsyncIterable<string[]>) {
        batch.push(row)
        if (batch.length < batchRows) continue
        await saveBatch(trx, batch)
        batch = []
      }
      await saveBatch(trx, batch)
    }),
  )
}
