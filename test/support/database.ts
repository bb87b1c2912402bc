import { randomBytes } from 'node:crypto'
import { after, before } from 'mocha'
import pg from 'pg'
import { connect, migrateUp } from '../../src/db/index.ts'
import type { Db } from '../../src/db/index.ts'
import { startTestServer } from './postgres-server.ts'

let server: Promise<{ url: string; stop: () => Promise<void> }> | undefined
let template: Promise<string> | undefined

function getServer(): Promise<{ url: string; stop: () => Promise<void> }> {
  return (server ??= startTestServer())
}

async function admin<Result>(work: (client: pg.Client) => Promise<Result>): Promise<Result> {
  const client = new pg.Client({ connectionString: (await getServer()).url })
  await client.connect()
  try {
    return await work(client)
  } finally {
    await client.end()
  }
}

function urlOf(base: string, database: string): string {
  const url = new URL(base)
  url.pathname = `/${database}`
  return url.toString()
}

function createName(kind: string): string {
  return `dd_${kind}_${process.pid}_${randomBytes(4).toString('hex')}`
}

/** A database with all migrations applied; made once per run and cloned for each test file. */
function getTemplate(): Promise<string> {
  return (template ??= (async () => {
    const name = createName('template')
    await admin((client) => client.query(`create database ${name}`))
    const db = connect({
      url: urlOf((await getServer()).url, name),
      poolMax: 2,
      applicationName: 'test template',
    })
    await migrateUp(db)
    await db.destroy()
    return name
  })())
}

export interface TestDatabase {
  db: Db
  url: string
}

/** A fresh migrated database on the test server; `drop` ends its connections and removes it. */
export async function createTestDatabase(): Promise<TestDatabase & { drop: () => Promise<void> }> {
  const source = await getTemplate()
  const name = createName('test')
  await admin((client) => client.query(`create database ${name} template ${source}`))
  const url = urlOf((await getServer()).url, name)
  const db = connect({ url, poolMax: 10, applicationName: 'test' })
  return {
    db,
    url,
    async drop() {
      await db.destroy()
      await admin((client) => client.query(`drop database if exists ${name} with (force)`))
    },
  }
}

/** An empty database without any migration. */
export async function createEmptyDatabase(): Promise<TestDatabase & { drop: () => Promise<void> }> {
  const name = createName('empty')
  await admin((client) => client.query(`create database ${name}`))
  const url = urlOf((await getServer()).url, name)
  const db = connect({ url, poolMax: 4, applicationName: 'test' })
  return {
    db,
    url,
    async drop() {
      await db.destroy()
      await admin((client) => client.query(`drop database if exists ${name} with (force)`))
    },
  }
}

/** Gives the surrounding `describe` a migrated database of its own, made before its tests and dropped after them. */
export function useDatabase(): TestDatabase {
  const holder = {} as TestDatabase
  let drop: (() => Promise<void>) | undefined
  before(async () => {
    const made = await createTestDatabase()
    drop = made.drop
    Object.assign(holder, { db: made.db, url: made.url })
  })
  after(async () => drop?.())
  return holder
}

/** Drops the template and stops the server, if this run started one. */
export async function stopTestServer(): Promise<void> {
  if (server === undefined) return
  const name = await template?.catch(() => undefined)
  if (name !== undefined) {
    await admin((client) => client.query(`drop database if exists ${name} with (force)`))
  }
  await (await server).stop()
  server = undefined
  template = undefined
}
