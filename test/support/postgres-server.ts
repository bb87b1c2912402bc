import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import pg from 'pg'
import { settings } from '../../src/config/index.ts'
import { openEmbedded } from '../../src/db/embedded/index.ts'
import { createLogger } from '../../src/log/index.ts'

/** A test database need not survive a power cut; the server of a real home refuses to start like this. */
async function hurry(url: string): Promise<string> {
  const client = new pg.Client({ connectionString: url })
  await client.connect()
  for (const name of ['fsync', 'full_page_writes', 'synchronous_commit']) {
    await client.query(`alter system set ${name} = off`)
  }
  const { rows } = await client.query<{ data: string }>(
    `select current_setting('data_directory') as data, pg_reload_conf()`,
  )
  await client.end()
  return rows[0]?.data ?? ''
}

/** A server that is just ending may still write. */
const stubborn = { recursive: true, force: true, maxRetries: 20, retryDelay: 50 } as const

function removeHome(home: string): void {
  const pointer = join(home, 'postgres', 'place.json')
  if (existsSync(pointer)) {
    const { cluster } = JSON.parse(readFileSync(pointer, 'utf8')) as { cluster: string }
    rmSync(cluster, stubborn)
  }
  rmSync(home, stubborn)
}

/**
 * One PostgreSQL for the whole run: `TEST_DATABASE_URL` where that is set (its user must be allowed to create
 * databases), else an embedded one in a home of its own.
 */
export async function startTestServer(): Promise<{ url: string; stop: () => Promise<void> }> {
  const given = process.env['TEST_DATABASE_URL']
  if (given !== undefined) return { url: given, stop: () => Promise.resolve() }
  const home = mkdtempSync(join(tmpdir(), 'docketdrop-test-'))
  const server = await openEmbedded({
    home,
    settings: settings.shape.postgres.parse({ maxConnections: 100 }),
    log: createLogger({ level: 'warn', format: 'pretty' }),
    mayCreate: true,
  })
  const data = await hurry(server.url)
  // Also when the run is broken off, so that nothing is left running.
  const end = () => {
    const pid = Number(readFileSync(join(data, 'postmaster.pid'), 'utf8').split('\n')[0])
    process.kill(pid, 'SIGQUIT')
    removeHome(home)
  }
  process.once('exit', end)
  return {
    url: server.url,
    async stop() {
      await server.release()
      process.removeListener('exit', end)
      removeHome(home)
    },
  }
}
