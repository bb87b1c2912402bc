import assert from 'node:assert/strict'
import { spawn, spawnSync } from 'node:child_process'
import type { ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { notRunHere } from '../../../support/not-run.ts'

export interface ClientEnd {
  readonly code: number | null
  readonly signal: NodeJS.Signals | null
  /** Both outputs in the order of arrival. */
  readonly output: string
}

export interface RunningClient {
  readonly child: ChildProcess
  readonly ended: Promise<ClientEnd>
}

export interface ClientSettings {
  /** What the client reads from its standard input, which ends behind it. */
  readonly input?: string
  readonly cwd?: string
  /** The client's home, so that it sees no settings of this machine. */
  readonly home: string
  /** After this time the client is killed and the test fails. */
  readonly limitMs?: number
  /** Leaves the standard input open. */
  readonly keepInput?: boolean
}

/** Debian's own Python, which has the modules of Debian's packages. */
export const python = '/usr/bin/python3'

/** Starts a client with a time limit. */
export function startClient(
  program: string,
  args: readonly string[],
  { input = '', cwd, home, limitMs = 60_000, keepInput = false }: ClientSettings,
): RunningClient {
  const { SSH_AUTH_SOCK: _agent, DISPLAY: _display, ...clean } = process.env
  const child = spawn(program, args, {
    cwd: cwd ?? home,
    env: { ...clean, HOME: home, XDG_CONFIG_HOME: home, LC_ALL: 'C.UTF-8' },
    stdio: ['pipe', 'pipe', 'pipe'],
    timeout: limitMs,
    killSignal: 'SIGKILL',
  })
  let output = ''
  for (const stream of [child.stdout, child.stderr])
    stream.on('data', (chunk: Buffer) => (output += String(chunk)))
  // A client that has been killed reads no input.
  child.stdin.on('error', () => undefined)
  if (keepInput) child.stdin.write(input)
  else child.stdin.end(input)
  const ended = once(child, 'close').then(([code, signal]) => ({
    code: code as number | null,
    signal: signal as NodeJS.Signals | null,
    output,
  }))
  return { child, ended }
}

/** Runs a client to its end, which must be exit code 0. */
export async function runClient(
  program: string,
  args: readonly string[],
  settings: ClientSettings,
): Promise<ClientEnd> {
  const end = await startClient(program, args, settings).ended
  assert.equal(end.code, 0, `${program}: ${end.signal ?? ''} ${end.output}`)
  return end
}

function isThere(name: string): boolean {
  if (name.startsWith('python:')) {
    const module = name.slice('python:'.length)
    return spawnSync(python, ['-W', 'ignore', '-c', `import ${module}`]).status === 0
  }
  return spawnSync('sh', ['-c', `command -v ${name}`]).status === 0
}

/** A suite that runs only where its programs are; `python:module` asks Debian's Python for a module. */
export function describeWith(
  needs: readonly string[],
  title: string,
  body: (this: Mocha.Suite) => void,
): void {
  const missing = needs.filter((name) => !isThere(name))
  if (missing.length > 0) notRunHere(`${title} (not installed: ${missing.join(', ')})`)
  else describe(title, body)
}
