import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { rm } from 'node:fs/promises'
import { createServer } from 'node:net'
import { join } from 'node:path'
import type { Config } from '../../config/index.ts'
import { holdPresence, openDatabase } from '../../db/index.ts'
import { ConflictError } from '../../errors/index.ts'
import type { Logger } from '../../log/index.ts'
import type { CliContext } from '../context.ts'

async function isFree(host: string, port: number): Promise<boolean> {
  const probe = createServer()
  try {
    probe.listen(port, host)
    await once(probe, 'listening')
    return true
  } catch {
    return false
  } finally {
    probe.close()
  }
}

/** The demo's settings: a home of its own, the embedded database, this machine only, free ports where the usual ones are taken. */
export async function loadDemoConfig(context: CliContext): Promise<Config> {
  const { DATABASE_URL: _url, DATABASE_URL_FILE: _file, ...env } = context.streams.env
  const usual = context.loadConfig({}, env).config
  const home = join(usual.home, 'demo')
  const host = '127.0.0.1'
  const pick = async (port: number) => ((await isFree(host, port)) ? port : 0)
  const flags = {
    home,
    keys: join(home, 'keys'),
    'sftp.host': host,
    'sftp.port': await pick(usual.sftp.port),
    'telemetry.port': await pick(usual.telemetry.port),
  }
  return context.loadConfig(flags, env).config
}

/**
 * Throws an earlier demo away, so that every run shows the same story from its beginning.
 *
 * @throws {ConflictError} `HOME_IN_USE` while another demo is running
 */
export async function clearDemoHome(config: Config, log: Logger): Promise<void> {
  if (!existsSync(config.home)) return
  if (existsSync(join(config.home, 'postgres'))) {
    const database = await openDatabase({ config, log, mayCreate: true })
    try {
      const presence = await holdPresence(database.url, 'serve', true, log)
      if (presence === undefined) {
        throw new ConflictError('HOME_IN_USE', 'A demo is running already.', {
          hint: 'Stop it with Ctrl-C in its own window, then start this one again.',
        })
      }
      await presence.release()
    } finally {
      await database.close()
    }
  }
  await rm(config.home, { recursive: true, force: true })
}
