import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import pg from 'pg'
import { settings } from '../../src/config/index.ts'
import { openEmbedded } from '../../src/db/embedded/index.ts'
import { createLogger } from '../../src/log/index.ts'

/** A test database need not survive a power cut; the server of a real home refuses to start like this. */
async function hurry(url: string): Promise<void> {
  const client = new pg.Client({ connectionString: url })
  await client.connect()
  for (const name of ['fsync', 'full_page_writes', 'synchronous_commit']) {
    await client.query(`alter system set ${name} = off`)
  }
  await client.query('select pg_reload_conf()')
  await client.end()
}

/** A server that is just ending may still write. */
const stubborn = { recursive: true, force: true, maxRetries: 20, retryDelay: 50 } as const

/** Outside of the home where root may not run PostgreSQL in it. */
function findCluster(home: string): string {
  const pointer = join(home, 'postgres', 'place.json')
  if (!existsSync(pointer)) return join(home, 'postgres')
  return (JSON.parse(readFileSync(pointer, 'utf8')) as { cluster: string }).cluster
}

function removeHome(home: string): void {
  rmSync(findCluster(home), stubborn)
  rmSync(home, stubborn)
}

/** On Ctrl-C a run gets the first twice, from the terminal and from mocha, and then the second: each must be caught. */
const signals = ['SIGINT', 'SIGTERM'] as const

/** 0 while there is no pid in the file. */
function readPid(data: string): number {
  const path = join(data, 'postmaster.pid')
  return existsSync(path) ? Number(readFileSync(path, 'utf8').split('\n')[0]) : 0
}

/** For a run that is broken off, so that nothing is left running: a server that is just starting is waited for. */
function endAtOnce(home: string): void {
  const data = join(findCluster(home), 'data')
  const clock = new Int32Array(new SharedArrayBuffer(4))
  for (let tries = 0; tries < 50 && existsSync(data) && readPid(data) === 0; tries++) {
    Atomics.wait(clock, 0, 0, 20)
  }
  const pid = readPid(data)
  if (pid > 0) process.kill(pid, 'SIGQUIT')
  removeHome(home)
}

/**
 * One PostgreSQL for the whole run: `TEST_DATABASE_URL` where that is set (its user must be allowed to create
 * databases), else an embedded one in a home of its own.
 */
export async function startTestServer(): Promise<{ url: string; stop: () => Promise<void> }> {
  const given = process.env['TEST_DATABASE_URL']
  if (given !== undefined) return { url: given, stop: () => Promise.resolve() }
  const home = mkdtempSync(join(tmpdir(), 'docketdrop-test-'))
  const end = () => endAtOnce(home)
  process.once('exit', end)
  const quit = () => process.exit(130)
  for (const signal of signals) process.on(signal, quit)
  const server = await openEmbedded({
    home,
    settings: settings.shape.postgres.parse({ maxConnections: 100 }),
    log: createLogger({ level: 'warn', format: 'pretty' }),
    mayCreate: true,
  })
  await hurry(server.url)
  return {
    url: server.url,
    async stop() {
      await server.release()
      process.removeListener('exit', end)
      for (const signal of signals) process.removeListener(signal, quit)
      removeHome(home)
    },
  }
}
