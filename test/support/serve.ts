import { spawn, spawnSync } from 'node:child_process'
import type { ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { packageRoot } from '../../src/config/index.ts'

const built = join(packageRoot, 'dist', 'main.js')

/** One document of the command line, with its exit code. */
export interface CliAnswer {
  code: number | null
  ok: boolean
  // Documents differ by command; each test reads the keys of the contract.
  data: any // eslint-disable-line @typescript-eslint/no-explicit-any
  error?: { code: string; message: string; hint: string }
}

/** A home in a temporary folder, driven from outside as an operator and a sender do. */
export interface TestHome {
  root: string
  home: string
  env: NodeJS.ProcessEnv
  /** Runs a command with --json. */
  cli(...args: (string | number)[]): CliAnswer
  /** Runs a command and gives its raw output. */
  raw(
    args: readonly string[],
    env?: NodeJS.ProcessEnv,
  ): { status: number | null; stdout: string; stderr: string }
  /** The rows of `records export`. */
  records(agency: string, kind: string): Record<string, unknown>[]
  /** Starts `serve` and waits until it is ready; flags are for Node.js itself, such as `--cpu-prof`. */
  serve(nodeFlags?: readonly string[]): Promise<Served>
  /** A file in the root. */
  write(name: string, bytes: string | Buffer): string
  /** Names below an agency's folder, deep. */
  list(agency: string, area: string): string[]
  /** Stops what runs and removes everything. */
  remove(): Promise<void>
}

export interface Served {
  child: ChildProcess
  sftpPort: number
  telemetryPort: number
  lines: string[]
  /** Ends it with a signal; gives its exit code. */
  stop(signal?: NodeJS.Signals): Promise<number | null>
}

async function waitForReady(
  child: ChildProcess,
  lines: string[],
): Promise<{ sftpPort: number; telemetryPort: number }> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(
      () => reject(new Error(`not ready: ${lines.slice(-5).join('\n')}`)),
      90_000,
    )
    child.once('exit', (code) =>
      reject(new Error(`serve ended with ${code ?? 'a signal'}: ${lines.slice(-5).join('\n')}`)),
    )
    createInterface({ input: child.stderr! }).on('line', (line) => {
      lines.push(line)
      if (!line.includes('"ready"')) return
      clearTimeout(timer)
      resolve(JSON.parse(line) as { sftpPort: number; telemetryPort: number })
    })
  })
}

/** Makes an empty home; `remove` it in an `after`. Another build than `dist` is run with its path in `main`. */
export function createTestHome(more: NodeJS.ProcessEnv = {}, main = built): TestHome {
  const root = mkdtempSync(join(tmpdir(), 'dd-e2e-'))
  const home = join(root, 'var')
  const { DATABASE_URL: _ignored, ...clean } = process.env
  const env: NodeJS.ProcessEnv = {
    ...clean,
    DOCKETDROP_HOME: home,
    DOCKETDROP_KEYS: join(root, 'keys'),
    DOCKETDROP_SFTP_HOST: '127.0.0.1',
    DOCKETDROP_SFTP_PORT: '0',
    DOCKETDROP_HTTP_PORT: '0',
    DOCKETDROP_TELEMETRY_PORT: '0',
    DOCKETDROP_LOG_FORMAT: 'json',
    ...more,
  }
  const running = new Set<Served>()
  const raw: TestHome['raw'] = (args, extra = {}) => {
    const { status, stdout, stderr } = spawnSync(process.execPath, [main, ...args], {
      env: { ...env, ...extra },
      encoding: 'utf8',
      maxBuffer: 1 << 28,
      timeout: 120_000,
    })
    return { status, stdout, stderr }
  }
  return {
    root,
    home,
    env,
    raw,
    cli(...args) {
      const { status, stdout, stderr } = raw([...args.map(String), '--json'])
      try {
        return { code: status, ...(JSON.parse(stdout) as Omit<CliAnswer, 'code'>) }
      } catch {
        throw new Error(
          `${args.join(' ')}: exit ${status ?? 'none'}, no document\n${stdout}\n${stderr}`,
        )
      }
    },
    records: (agency, kind) =>
      raw(['records', 'export', agency, kind])
        .stdout.split('\n')
        .filter((line) => line !== '')
        .map((line) => JSON.parse(line) as Record<string, unknown>),
    async serve(nodeFlags = []) {
      const child = spawn(process.execPath, [...nodeFlags, main, 'serve'], {
        env,
        stdio: ['ignore', 'ignore', 'pipe'],
      })
      const lines: string[] = []
      const ports = await waitForReady(child, lines)
      const served: Served = {
        child,
        ...ports,
        lines,
        async stop(signal = 'SIGTERM') {
          running.delete(served)
          if (child.exitCode === null && child.signalCode === null) {
            const ended = once(child, 'exit')
            child.kill(signal)
            await ended
          }
          return child.exitCode
        },
      }
      running.add(served)
      return served
    },
    write(name, bytes) {
      const path = join(root, name)
      writeFileSync(path, bytes)
      return path
    },
    list(agency, area) {
      return readdirSync(join(home, 'agencies', agency, area), { recursive: true })
        .map(String)
        .sort()
    },
    async remove() {
      for (const served of running) await served.stop()
      // The last command to leave has stopped the embedded PostgreSQL; after a kill -9 one more is needed.
      raw(['agency', 'list'])
      rmSync(root, { recursive: true, force: true, maxRetries: 5 })
    },
  }
}

/** A sender's key pair on disk. */
export function createKey(home: TestHome, name = 'sender'): string {
  const path = join(home.root, name)
  spawnSync('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-f', path])
  return path
}

/** Options that keep the system's ssh and sftp away from this machine's own settings. */
export function sshOptions(key: string, level: 'ERROR' | 'INFO' = 'ERROR'): string[] {
  return [
    '-F',
    '/dev/null',
    '-i',
    key,
    ...[
      'StrictHostKeyChecking=no',
      'UserKnownHostsFile=/dev/null',
      'IdentitiesOnly=yes',
      'BatchMode=yes',
      `LogLevel=${level}`,
    ].flatMap((option) => ['-o', option]),
  ]
}

/** Runs a batch with the system's sftp. */
export function sftp(
  port: number,
  account: string,
  key: string,
  batch: string,
): { status: number | null; stdout: string; stderr: string } {
  const { status, stdout, stderr } = spawnSync(
    'sftp',
    ['-q', '-b', '-', ...sshOptions(key), '-P', String(port), `${account}@127.0.0.1`],
    { input: batch, encoding: 'utf8', timeout: 120_000 },
  )
  return { status, stdout, stderr }
}
