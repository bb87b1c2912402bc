import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, mkdtempSync, rmSync } from 'node:fs'
import { createServer } from 'node:net'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import pg from 'pg'

async function findFreePort(): Promise<number> {
  const probe = createServer().listen(0, '127.0.0.1')
  await once(probe, 'listening')
  const { port } = probe.address() as AddressInfo
  probe.close()
  return port
}

/** Debian's binaries for quick tests while the embedded supervisor is being built; replaced by it afterwards. */
export async function startTestServer(): Promise<{ url: string; stop: () => Promise<void> }> {
  const given = process.env['TEST_DATABASE_URL']
  if (given !== undefined) return { url: given, stop: () => Promise.resolve() }
  const bin = '/usr/lib/postgresql/15/bin'
  if (!existsSync(bin)) throw new Error('no test server')
  const home = mkdtempSync(join(tmpdir(), 'dd-pg-'))
  const data = join(home, 'data')
  const as = ['--user', '--map-user=65534', '--']
  const made = spawnSync('unshare', [
    ...as,
    `${bin}/initdb`,
    '-D',
    data,
    '-U',
    'docketdrop',
    '--auth=trust',
    '--encoding=UTF8',
    '--no-locale',
    '--no-sync',
  ])
  if (made.status !== 0) throw new Error(String(made.stderr))
  const port = await findFreePort()
  const child = spawn(
    'unshare',
    [
      ...as,
      `${bin}/postgres`,
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
    { detached: true, stdio: 'ignore' },
  )
  const url = `postgres://docketdrop@127.0.0.1:${port}/postgres`
  for (let tries = 0; ; tries++) {
    const client = new pg.Client({ connectionString: url })
    client.on('error', () => undefined)
    try {
      await client.connect()
      await client.end()
      break
    } catch (error) {
      if (tries > 100) throw error
      await new Promise((resolve) => setTimeout(resolve, 50))
    }
  }
  return {
    url,
    async stop() {
      child.kill('SIGINT')
      if (child.exitCode === null) await once(child, 'exit')
      rmSync(home, { recursive: true, force: true })
    },
  }
}
