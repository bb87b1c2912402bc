import type pg from 'pg'
import type { Db } from './connect.ts'

/** A statement that is sent so often that PostgreSQL should parse and plan it once per connection. */
export interface PreparedStatement {
  /** Unique in this program. */
  readonly name: string
  /** With `$1`, `$2` …; an array or object is bound as pg binds it. */
  readonly text: string
}

interface Pool {
  acquireConnection(): Promise<pg.Client>
  releaseConnection(connection: pg.Client): Promise<void>
}

/**
 * Runs a hot statement on a connection of the pool, outside any transaction; gives its rows. Errors are pg's own, as with `raw`.
 */
export async function runPrepared<Row extends pg.QueryResultRow>(
  db: Db,
  { name, text }: PreparedStatement,
  values: readonly unknown[],
): Promise<Row[]> {
  const pool = db.client as Pool
  const connection = await pool.acquireConnection()
  try {
    const { rows } = await connection.query<Row>({ name, text, values: [...values] })
    return rows
  } finally {
    await pool.releaseConnection(connection)
  }
}
