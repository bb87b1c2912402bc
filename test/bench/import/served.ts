import { readFileSync } from 'node:fs'
import { resolve } from 'node:path'
import { loadConfig } from '../../../src/config/index.ts'
import { openDatabase } from '../../../src/db/index.ts'
import type { Bell, Database } from '../../../src/db/index.ts'
import { createLogger } from '../../../src/log/index.ts'
import { createKey, createTestHome } from '../../support/serve.ts'
import type { Served, TestHome } from '../../support/serve.ts'
import { template } from './material.ts'

/** A whole server of its own, as people run it, with one look into its database. */
export interface ServedHome {
  readonly home: TestHome
  readonly served: Served
  readonly database: Database
  readonly bell: Bell
  /** The private key of every agency's sender. */
  readonly key: { readonly path: string; readonly privateKey: string }
  stop(): Promise<void>
}

/** Starts it; the agencies with `reads` have the template of the bench. */
export async function startServed(
  agencies: readonly { readonly name: string; readonly reads: boolean }[],
): Promise<ServedHome> {
  const home = createTestHome(
    { DOCKETDROP_LOG_LEVEL: 'warn', DOCKETDROP_RESERVE_MB: '0' },
    resolve('dist/main.js'),
  )
  const path = createKey(home)
  const file = home.write('template.yaml', template)
  home.raw(['migrate', 'up'])
  for (const { name, reads } of agencies) {
    home.cli('agency', 'add', name, '--name', name, '--time-zone', 'America/Chicago')
    home.cli('key', 'add', name, `${path}.pub`)
    if (reads) home.cli('template', 'import', name, file)
  }
  const served = await home.serve()
  const log = createLogger({ level: 'error', format: 'pretty' })
  const { config } = loadConfig({}, home.env)
  const database = await openDatabase({ config, log, mayCreate: false })
  return {
    home,
    served,
    database,
    bell: await database.openBell(),
    key: { path, privateKey: readFileSync(path, 'utf8') },
    async stop() {
      await database.close()
      await served.stop()
      await home.remove()
    },
  }
}
