import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { afterEach, beforeEach, describe, it } from 'mocha'
import { packageRoot } from '../../src/config/index.ts'
import { listMigrations, migrateDown, migrateUp } from '../../src/db/index.ts'
import type { Db } from '../../src/db/index.ts'
import { createEmptyDatabase } from '../support/database.ts'

const files = readdirSync(join(packageRoot, 'migrations'))
  .filter((name) => name.endsWith('.js'))
  .sort()

/** Every column, index, constraint, function and trigger of the schema, as text. */
async function readCatalogue(db: Db): Promise<string[]> {
  const { rows } = await db.raw<{ rows: { line: string }[] }>(
    `select format('column %s.%s %s %s %s', table_name, column_name, data_type, is_nullable, column_default) as line
       from information_schema.columns where table_schema = 'public' and table_name not like 'schema_migrations%'
      union all
     select indexdef from pg_indexes where schemaname = 'public' and tablename not like 'schema_migrations%'
      union all
     select format('constraint %s %s', conname, pg_get_constraintdef(oid)) from pg_constraint
      where connamespace = 'public'::regnamespace and conrelid::regclass::text not like 'schema_migrations%'
      union all
     select format('function %s', p.oid::regprocedure) from pg_proc p
      where p.pronamespace = 'public'::regnamespace
        and not exists (select from pg_depend d where d.objid = p.oid and d.deptype = 'e')
      union all
     select format('trigger %s on %s', tgname, tgrelid::regclass) from pg_trigger where not tgisinternal
      union all
     select format('type %s', typname) from pg_type where typnamespace = 'public'::regnamespace and typtype in ('e', 'd')
      order by 1`,
  )
  return rows.map(({ line }) => line)
}

describe('migrations', () => {
  let database: Awaited<ReturnType<typeof createEmptyDatabase>>
  beforeEach(async () => {
    database = await createEmptyDatabase()
  })
  afterEach(() => database.drop())

  it('go up, down to nothing, and up to the same again', async () => {
    const { db } = database
    assert.deepEqual(await listMigrations(db), { applied: [], pending: files })
    assert.equal((await migrateUp(db)).length, files.length)
    const first = await readCatalogue(db)
    assert.ok(first.length > 50)
    assert.deepEqual(await listMigrations(db), { applied: files, pending: [] })
    assert.deepEqual(await migrateUp(db), [])
    assert.equal((await migrateDown(db, true)).length, files.length)
    assert.deepEqual(await readCatalogue(db), [])
    await migrateUp(db)
    assert.deepEqual(await readCatalogue(db), first)
  })

  it('go down one file at a time, newest first', async () => {
    const { db } = database
    await migrateUp(db)
    for (const name of files.toReversed()) {
      assert.deepEqual(
        (await migrateDown(db)).map((path) => path.replace(/.*\//, '')),
        [name],
      )
    }
    assert.deepEqual(await listMigrations(db), { applied: [], pending: files })
    assert.deepEqual(await readCatalogue(db), [])
  })

  it('are applied once by two processes at once', async () => {
    const script = join(packageRoot, 'test/db/migrate-once.ts')
    const run = async () => {
      const { stdout } = await promisify(execFile)(
        process.execPath,
        ['--import', 'tsx', script, database.url],
        { cwd: packageRoot },
      )
      return (JSON.parse(stdout) as string[]).length
    }
    const counts = await Promise.all([run(), run(), run()])
    assert.deepEqual(
      counts.sort((a, b) => a - b),
      [0, 0, files.length],
    )
    const { rows } = await database.db.raw<{ rows: { name: string }[] }>(
      'select name from schema_migrations order by id',
    )
    assert.deepEqual(
      rows.map(({ name }) => name),
      files,
    )
  })

  it('go on after a process was killed while it held knex’s own lock', async () => {
    const { db } = database
    await migrateUp(db)
    await migrateDown(db)
    await db.raw('update schema_migrations_lock set is_locked = 1')
    assert.equal((await migrateUp(db)).length, 1)
  })
})
