import { userInfo } from 'node:os'
import type { Config } from '../config/index.ts'
import { loadConfig } from '../config/index.ts'
import type { LoadedConfig } from '../config/index.ts'
import { createLogger } from '../log/index.ts'
import type { Logger } from '../log/index.ts'
import type { Output } from './output.ts'
import { createPaint } from './paint.ts'
import type { CliStreams } from './streams.ts'

/** What every command is given. */
export interface CliContext {
  readonly streams: CliStreams
  readonly output: Output
  /** Reads the settings now; flags by key (`sftp.port`). */
  loadConfig(flags?: Readonly<Record<string, unknown>>, env?: NodeJS.ProcessEnv): LoadedConfig
  createLogger(config: Config, level?: Config['log']['level']): Logger
  /** Who is acting, for the audit log. */
  readonly actor: string
  /** Sets the exit code of a command that ended well but not with 0. */
  setExitCode(code: number): void
}

/** The operating system's name of the user; its number where it has none. */
function findUserName(): string {
  try {
    return userInfo().username
  } catch {
    // a uid without an entry in the list of users has no name
    return `uid-${process.getuid?.() ?? 'none'}`
  }
}

/** Builds the context of one run. */
export function createContext(
  streams: CliStreams,
  output: Output,
  setExitCode: (code: number) => void,
): CliContext {
  const name = streams.env['SUDO_USER'] ?? findUserName()
  return {
    streams,
    output,
    actor: `cli:${name}`,
    setExitCode,
    loadConfig: (flags = {}, env = streams.env) => loadConfig(flags, env),
    createLogger: (config, level) =>
      createLogger({
        level: level ?? config.log.level,
        format: config.log.format ?? (streams.stderr.isTTY === true ? 'pretty' : 'json'),
        hasColor: createPaint(streams.stderr, streams.env).isColorSupported,
        stream: streams.stderr,
      }),
  }
}
