import pg from 'pg'
import type { Logger } from '../log/index.ts'
import { toClientConfig } from './connect.ts'
import type { Db } from './connect.ts'

/** `serve`: one process of an embedded home. `worker`: every process that imports and plans. */
export type Presence = 'serve' | 'worker'

/** First key of our advisory locks; the second tells which. Any numbers will do, as long as all processes agree. */
const space = 7361
const numbers: Readonly<Record<Presence, number>> = { serve: 2, worker: 3 }

export interface HeldPresence {
  release(): Promise<void>
}

/**
 * Says "I am here" for as long as this process lives: a session's advisory lock, which the database drops when the
 * connection dies, however the process ends. A lost connection is opened again.
 *
 * @param isExclusive - true: only one may hold it; undefined is returned when somebody else does
 */
export async function holdPresence(
  url: string,
  presence: Presence,
  isExclusive: boolean,
  log: Logger,
): Promise<HeldPresence | undefined> {
  let client: pg.Client | undefined
  let timer: NodeJS.Timeout | undefined
  let isReleased = false

  async function take(): Promise<boolean> {
    const next = new pg.Client(toClientConfig(url, `docketdrop ${presence}`))
    const lost = () => {
      if (client !== next) return
      client = undefined
      if (!isReleased) again()
    }
    next.on('error', lost)
    next.on('end', lost)
    await next.connect()
    const name = isExclusive ? 'pg_try_advisory_lock' : 'pg_try_advisory_lock_shared'
    const { rows } = await next.query<{ taken: boolean }>(`select ${name}($1, $2) as taken`, [
      space,
      numbers[presence],
    ])
    if (rows[0]?.taken !== true) {
      await next.end()
      return false
    }
    client = next
    return true
  }

  function again(): void {
    timer = setTimeout(() => {
      take().then(
        (isTaken) => {
          if (isReleased) void client?.end()
          else if (!isTaken) again()
        },
        (error: unknown) => {
          log.debug('presence not taken yet', { err: error, presence })
          if (!isReleased) again()
        },
      )
    }, 500)
  }

  if (!(await take())) return undefined
  return {
    async release() {
      if (isReleased) return
      isReleased = true
      clearTimeout(timer)
      const last = client
      client = undefined
      await last?.end()
    },
  }
}

/** Is anybody of this kind here right now? */
export async function isPresent(db: Db, presence: Presence): Promise<boolean> {
  const { rows } = await db.raw<{ rows: unknown[] }>(
    `select 1
       from pg_locks
      where locktype = 'advisory' and granted and classid = ? and objid = ? and objsubid = 2
        and database = (select oid from pg_database where datname = current_database())
      limit 1`,
    [space, numbers[presence]],
  )
  return rows.length > 0
}
