import { realpathSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'
import pg from 'pg'
import { UnavailableError } from '../../errors/index.ts'
import { toClientConfig } from '../connect.ts'
import { isUnreachable, pgCode } from '../pg-codes.ts'
import type { Place } from './place.ts'
import { databaseName } from './make-cluster.ts'
import { isAlive, isPostmasterOf, readPostmasterFile } from './postmaster-file.ts'

/**
 * Our share in a running server: a connection that holds a lock in shared mode for as long as this process uses the
 * server. The server drops it when the process dies, however it dies.
 */
export interface Share {
  readonly client: pg.Client & { ref(): void; unref(): void }
  readonly pid: number
  readonly port: number
}

export type JoinResult =
  | { readonly state: 'joined'; readonly share: Share }
  /** Nothing runs. `strangerPid`: the pid in a left-behind file belongs to another program now. */
  | { readonly state: 'absent'; readonly strangerPid: number | undefined }
  /** It starts, recovers or stops; ask again. `silent`: it runs but answers nothing. */
  | { readonly state: 'wait'; readonly pid: number; readonly isSilent: boolean }

/** Any number will do, as long as all docketdrop processes agree on it. Session locks are per database. */
const usersLock = 7_361_002

/** How long to watch a server end; it ends also unwatched. */
const stopMs = 1500

/** The URL of the embedded database on this port. */
export function toUrl(password: string, port: number, database = databaseName): string {
  return `postgres://${databaseName}:${password}@127.0.0.1:${port}/${database}`
}

async function dial(url: string): Promise<pg.Client> {
  const client = new pg.Client(toClientConfig(url, 'docketdrop keeper'))
  // Told by the failing call already; without a listener it would end the process.
  client.on('error', () => undefined)
  await client.connect()
  return client
}

/** A server whose first start was cut short may lack the database. */
async function createDatabase(password: string, port: number): Promise<void> {
  const client = await dial(toUrl(password, port, 'postgres'))
  try {
    await client.query(`create database ${databaseName}`)
  } catch (error) {
    // 42P04 and 23505: another process was faster
    if (!['42P04', '23505'].includes(pgCode(error))) throw error
  } finally {
    await client.end()
  }
}

async function connectTo(password: string, port: number): Promise<pg.Client> {
  try {
    return await dial(toUrl(password, port))
  } catch (error) {
    if (pgCode(error) !== '3D000') throw error
  }
  await createDatabase(password, port)
  return dial(toUrl(password, port))
}

/** Takes the share, unless the last user is just stopping the server or another server answers on this port. */
async function takeShare(client: pg.Client, data: string): Promise<boolean> {
  const { rows } = await client.query<{ folder: string; taken: boolean }>(
    `select current_setting('data_directory') as folder, pg_try_advisory_lock_shared($1) as taken`,
    [usersLock],
  )
  return rows[0]?.taken === true && realpathSync(rows[0].folder) === realpathSync(data)
}

/**
 * Looks for a running server of this place, ours or an orphan, and takes a share in it.
 *
 * @throws {UnavailableError} `POSTGRES_START` when it refuses our password
 */
export async function joinServer({ data, control }: Place, password: string): Promise<JoinResult> {
  const file = readPostmasterFile(data)
  if (file === undefined) return { state: 'absent', strangerPid: undefined }
  const { pid, port, status } = file
  if (!isPostmasterOf(pid, data))
    return { state: 'absent', strangerPid: isAlive(pid) ? pid : undefined }
  const wait = (isSilent: boolean): JoinResult => ({ state: 'wait', pid, isSilent })
  if (status === 'starting' || status === 'stopping' || port === 0) return wait(false)
  let client: pg.Client | undefined
  try {
    client = await connectTo(password, port)
    if (await takeShare(client, data))
      return { state: 'joined', share: { client: client as Share['client'], pid, port } }
    await client.end()
    return wait(false)
  } catch (error) {
    client?.end().catch(() => undefined)
    if (['28P01', '28000'].includes(pgCode(error))) {
      throw new UnavailableError(
        'POSTGRES_START',
        'The embedded PostgreSQL refuses the password kept for it.',
        {
          hint: `Bring back the right ${control}/password from a backup.`,
          cause: error,
        },
      )
    }
    if (!isUnreachable(error)) throw error
    return wait(!/^(57P|53)/.test(pgCode(error)))
  }
}

/** Gives the share back. True when nobody else has one: the server is being stopped then, fast but in order. */
export async function leaveServer({ client, pid }: Share, { data }: Place): Promise<boolean> {
  client.ref()
  await client.query('select pg_advisory_unlock_shared($1)', [usersLock])
  const { rows } = await client.query<{ alone: boolean }>(
    'select pg_try_advisory_lock($1) as alone',
    [usersLock],
  )
  const isLast = rows[0]?.alone === true
  // Sent while the lock is held, so that nobody can have come in between.
  if (isLast) process.kill(pid, 'SIGINT')
  await client.end().catch(() => undefined)
  for (let waited = 0; isLast && waited < stopMs && isPostmasterOf(pid, data); waited += 20)
    await sleep(20)
  return isLast
}

/**
 * Checks that what PostgreSQL acknowledges is on disk.
 *
 * @throws {UnavailableError} `POSTGRES_START` naming the setting that was turned off
 */
export async function assertDurable({ client }: Share): Promise<void> {
  const { rows } = await client.query<{ name: string }>(
    `select name from pg_settings
      where name in ('fsync', 'full_page_writes', 'synchronous_commit') and setting <> 'on'`,
  )
  const off = rows.map(({ name }) => name).join(', ')
  if (off === '') return
  throw new UnavailableError(
    'POSTGRES_START',
    `The embedded PostgreSQL runs with ${off} not on, so a power cut could lose data.`,
    {
      context: { off },
      hint: 'Undo it in postgresql.conf and postgresql.auto.conf (alter system reset …).',
    },
  )
}
