import { spawn } from 'node:child_process'
import type { ChildProcess } from 'node:child_process'
import { closeSync, statSync } from 'node:fs'
import { chmod } from 'node:fs/promises'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Config } from '../../config/index.ts'
import { UnavailableError } from '../../errors/index.ts'
import type { Way } from './choose-way.ts'
import { choosePort, rememberPort } from './free-port.ts'
import { openLog, readLog, trimLog } from './log-file.ts'
import { assertMajor } from './make-cluster.ts'
import { readPostmasterFile } from './postmaster-file.ts'
import { toCommand } from './runner.ts'

export interface StartOptions {
  readonly way: Way
  readonly settings: Config['postgres']
  /** The port that must be kept, if clients of this process know it already; else 0. */
  readonly port: number
  /** Pid in a left-behind postmaster.pid that now belongs to another program. */
  readonly strangerPid: number | undefined
}

/**
 * Errors go to the client that made them; the server's log, which nobody redacts, keeps to its own affairs:
 * no statements, no row values.
 */
function toArgs({ way, settings }: StartOptions, port: number): string[] {
  const values = {
    listen_addresses: '127.0.0.1',
    unix_socket_directories: '',
    port,
    shared_buffers: `${settings.sharedBuffersMb}MB`,
    max_connections: settings.maxConnections,
    timezone: 'UTC',
    log_timezone: 'UTC',
    log_line_prefix: '%m [%p] ',
    log_min_messages: 'log',
    log_min_error_statement: 'panic',
    log_error_verbosity: 'terse',
  }
  return [
    '-D',
    way.place.data,
    ...Object.entries(values).flatMap(([name, value]) => ['-c', `${name}=${value}`]),
  ]
}

/** In a session of its own, so that Ctrl-C at our terminal does not reach it, and its output in a file, so that it outlives us. */
function launch(options: StartOptions, port: number): { child: ChildProcess; logStart: number } {
  const { runner, binaries, place } = options.way
  const { file, args, options: as } = toCommand(runner, binaries.postgres, toArgs(options, port))
  const { descriptor, length } = openLog(place)
  // PostgreSQL takes a postmaster.pid whose process is alive for a running server, unless that process is its own
  // grandparent, and then still checks the shared memory. So a stranger that got the old pid is introduced as such,
  // and the file need not be removed by anybody but PostgreSQL itself.
  const env =
    options.strangerPid === undefined
      ? as.env
      : { ...as.env, PG_GRANDPARENT_PID: String(options.strangerPid) }
  try {
    const child = spawn(file, args, {
      ...as,
      env,
      detached: true,
      stdio: ['ignore', descriptor, descriptor],
    })
    child.unref()
    return { child, logStart: length }
  } finally {
    closeSync(descriptor)
  }
}

/** Failures that go away by themselves: somebody else was faster, or the remains of a killed server are still ending. */
const passing =
  /lock file .* already exists|pre-existing shared memory block|Address already in use|could not create any TCP\/IP sockets|lock file .* (is empty|was modified)/i

/**
 * Starts PostgreSQL and waits until it has bound its port, or ended. It may still be recovering then.
 *
 * @returns false when another attempt, or joining the one who was faster, should go well
 * @throws {UnavailableError} `POSTGRES_START`, `POSTGRES_MAJOR`, `PORT_TAKEN`
 */
export async function startServer(options: StartOptions): Promise<boolean> {
  const { place, binaries } = options.way
  assertMajor(place, binaries)
  // A restored or copied folder is often too open; PostgreSQL would refuse it.
  if (process.platform !== 'win32' && statSync(place.data).mode & 0o027)
    await chmod(place.data, 0o700)
  await trimLog(place)
  const port = await choosePort(place, options.port)
  const { child, logStart } = launch(options, port)
  let failure: Error | undefined
  child.on('error', (error) => (failure = error))
  while (child.exitCode === null && child.signalCode === null && failure === undefined) {
    const file = readPostmasterFile(place.data)
    if (file?.pid === child.pid && file?.status !== 'unknown') {
      await rememberPort(place, port)
      return true
    }
    await sleep(20)
  }
  const lines = child.pid === undefined ? [] : readLog(place, logStart, child.pid)
  const reason =
    lines.find((line) => /FATAL|PANIC/.test(line)) ??
    lines.at(-1) ??
    failure?.message ??
    'no reason given'
  if (lines.some((line) => passing.test(line))) return false
  throw new UnavailableError(
    'POSTGRES_START',
    `The embedded PostgreSQL did not start: ${reason.replace(/^.*?\] /, '')}`,
    {
      context: { exitCode: child.exitCode, signal: child.signalCode },
      hint: `See the end of ${place.logFile}.`,
      cause: failure,
    },
  )
}
