import { spawn } from 'node:child_process'
import type { ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, mkdtempSync, readFileSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterEach } from 'mocha'
import pg from 'pg'
import { packageRoot, settings } from '../../src/config/index.ts'
import { openEmbedded, readMachine } from '../../src/db/embedded/index.ts'
import type { EmbeddedServer, Machine } from '../../src/db/embedded/index.ts'
import { createLogger } from '../../src/log/index.ts'

/** Waits until `check` gives something true, and returns it; fails after `seconds`. */
export async function eventually<Result>(
  what: string,
  check: () => Result | Promise<Result>,
  seconds = 20,
): Promise<NonNullable<Exclude<Result, false>>> {
  const end = Date.now() + seconds * 1000
  for (;;) {
    const result = await check()
    if (result) return result as NonNullable<Exclude<Result, false>>
    if (Date.now() > end) throw new Error(`waited ${seconds} s in vain: ${what}`)
    await sleep(20)
  }
}

/** Runs one query on a connection of its own. */
export async function ask<Row extends object>(url: string, sql: string): Promise<Row[]> {
  const client = new pg.Client({ connectionString: url })
  client.on('error', () => undefined)
  await client.connect()
  try {
    return (await client.query<Row>(sql)).rows
  } finally {
    await client.end()
  }
}

/** The pid in postmaster.pid; undefined while no server runs in an orderly way. */
export function readPid(data: string): number | undefined {
  const path = join(data, 'postmaster.pid')
  const pid = existsSync(path) ? Number(readFileSync(path, 'utf8').split('\n')[0]) : 0
  // 0 while the file is being written; as a target of kill it would mean ourselves.
  return pid > 0 ? pid : undefined
}

/** True while a process works in this folder, whatever postmaster.pid says. */
export function isLive(pid: number): boolean {
  try {
    return !/^State:\s+Z/m.test(readFileSync(`/proc/${pid}/status`, 'utf8'))
  } catch {
    return false
  }
}

export interface Holder {
  readonly child: ChildProcess
  /** The one line that it wrote: a URL, or an error. */
  readonly said: Promise<{ url?: string; code?: string; message?: string; hint?: string }>
  /** Lets it release and end. */
  leave(): Promise<void>
  kill(signal: NodeJS.Signals): Promise<void>
}

/** Another docketdrop process on this home. */
export function spawnHolder(home: string, as: { uid?: number; gid?: number } = {}): Holder {
  const script = join(packageRoot, 'test/db/embedded/hold-server.ts')
  const child = spawn(process.execPath, ['--import', 'tsx', script, home], {
    ...as,
    cwd: packageRoot,
    detached: true,
    stdio: ['pipe', 'pipe', 'pipe'],
  })
  let out = ''
  let complaints = ''
  child.stdout.on('data', (chunk: Buffer) => (out += chunk.toString()))
  child.stderr.on('data', (chunk: Buffer) => (complaints += chunk.toString()))
  const ended = once(child, 'exit')
  const said = eventually('a line of the other process', () => {
    if (out.includes('\n')) return JSON.parse(out) as { url?: string }
    if (child.exitCode !== null) throw new Error(`it ended: ${complaints}`)
    return undefined
  })
  said.catch(() => undefined)
  return {
    child,
    said,
    async leave() {
      child.stdin.write('release\n')
      await ended
    },
    async kill(signal) {
      child.kill(signal)
      await ended
    },
  }
}

const log = createLogger({ level: 'error', format: 'pretty' })

export interface HomeKit {
  /** A folder that is removed after the test, with every server that runs in it. */
  readonly createFolder: () => string
  readonly open: (
    home: string,
    parts?: { machine?: Machine; port?: number; mayCreate?: boolean; log?: typeof log },
  ) => Promise<EmbeddedServer>
  readonly spawnHolder: typeof spawnHolder
}

/** Ends, by SIGQUIT, each PostgreSQL whose data lies below this folder. */
function endServers(folder: string): void {
  for (const entry of readdirSync(folder, { recursive: true, encoding: 'utf8' })) {
    if (!entry.endsWith('postmaster.pid')) continue
    const pid = readPid(join(folder, entry, '..'))
    if (
      pid !== undefined &&
      isLive(pid) &&
      readFileSync(`/proc/${pid}/cmdline`, 'utf8').includes(folder)
    ) {
      process.kill(pid, 'SIGQUIT')
    }
  }
}

/** Homes and processes that are cleared away after each test of the surrounding `describe`. */
export function useHomes(): HomeKit {
  const folders: string[] = []
  const holders: Holder[] = []
  const servers: EmbeddedServer[] = []
  afterEach(async () => {
    for (const holder of holders.splice(0)) {
      if (holder.child.exitCode === null && holder.child.signalCode === null)
        await holder.kill('SIGKILL')
    }
    await Promise.all(servers.splice(0).map((server) => server.release()))
    for (const folder of folders.splice(0)) {
      endServers(folder)
      rmSync(folder, { recursive: true, force: true, maxRetries: 20, retryDelay: 50 })
    }
  })
  return {
    createFolder() {
      const folder = mkdtempSync(join(tmpdir(), 'docketdrop-home-'))
      folders.push(folder)
      return folder
    },
    async open(home, parts = {}) {
      const server = await openEmbedded(
        {
          home,
          settings: settings.shape.postgres.parse({ port: parts.port ?? 0, sharedBuffersMb: 16 }),
          log: parts.log ?? log,
          mayCreate: parts.mayCreate ?? true,
        },
        parts.machine ?? readMachine(),
      )
      servers.push(server)
      return server
    },
    spawnHolder(home, as) {
      const holder = spawnHolder(home, as)
      holders.push(holder)
      return holder
    },
  }
}
