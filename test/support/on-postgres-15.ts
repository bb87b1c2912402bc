import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { chownSync, existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { createServer } from 'node:net'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import pg from 'pg'
import { packageRoot } from '../../src/config/index.ts'

/**
 * Runs the database tests on Debian's PostgreSQL 15, the oldest one supported, in a throw-away cluster. Root runs it as the
 * user `postgres`, whom Debian's package makes.
 */
const bin = '/usr/lib/postgresql/15/bin'
if (!existsSync(join(bin, 'postgres'))) {
  throw new Error('PostgreSQL 15 is not here; on Debian it is the package postgresql-15.')
}

function findIds(): { uid: number; gid: number } | undefined {
  if (process.getuid?.() !== 0) return undefined
  const line = readFileSync('/etc/passwd', 'utf8')
    .split('\n')
    .find((entry) => entry.startsWith('postgres:'))
  const [, , uid, gid] = line?.split(':') ?? []
  if (uid === undefined || gid === undefined)
    throw new Error('There is no user postgres to run PostgreSQL as.')
  return { uid: Number(uid), gid: Number(gid) }
}

async function findPort(): Promise<number> {
  const probe = createServer().listen(0, '127.0.0.1')
  await once(probe, 'listening')
  const { port } = probe.address() as AddressInfo
  probe.close()
  return port
}

async function waitUntilUp(url: string): Promise<void> {
  for (let tries = 0; ; tries++) {
    const client = new pg.Client({ connectionString: url })
    try {
      await client.connect()
      await client.end()
      return
    } catch (error) {
      if (tries > 200) throw error
      await sleep(50)
    }
  }
}

const ids = findIds()
const home = mkdtempSync(join(tmpdir(), 'dd-pg15-'))
if (ids !== undefined) chownSync(home, ids.uid, ids.gid)
const data = join(home, 'data')
const made = spawnSync(
  join(bin, 'initdb'),
  ['-D', data, '-U', 'docketdrop', '--auth=trust', '--encoding=UTF8', '--no-locale', '--no-sync'],
  { ...ids, cwd: home, encoding: 'utf8' },
)
if (made.status !== 0) throw new Error(made.stderr)
const port = await findPort()
const server = spawn(
  join(bin, 'postgres'),
  [
    '-D',
    data,
    '-p',
    String(port),
    '-c',
    'listen_addresses=127.0.0.1',
    '-c',
    'unix_socket_directories=',
    '-c',
    'fsync=off',
  ],
  { ...ids, cwd: home, stdio: 'ignore' },
)
const ended = once(server, 'exit')
try {
  const url = `postgres://docketdrop@127.0.0.1:${port}/postgres`
  await waitUntilUp(url)
  const tests = spawn('npx', ['mocha', '--config', 'test/mocharc.db.json'], {
    cwd: packageRoot,
    stdio: 'inherit',
    env: { ...process.env, TEST_DATABASE_URL: url },
  })
  const [code] = (await once(tests, 'exit')) as [number | null]
  process.exitCode = code ?? 1
} finally {
  server.kill('SIGINT')
  await ended
  rmSync(home, { recursive: true, force: true })
}
