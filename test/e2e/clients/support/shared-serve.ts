import { createTestHome } from '../../../support/serve.ts'
import type { Served, TestHome } from '../../../support/serve.ts'
import { createClientKey } from '../../../support/ssh-session.ts'
import type { ClientKey } from '../../../support/ssh-session.ts'

/** The one running server of this folder; each suite has an agency of its own on it. */
export interface SharedServe {
  readonly home: TestHome
  readonly served: Served
  readonly ed25519: ClientKey
  readonly rsa: ClientKey
}

/** Larger than any file that a client sends here; a WRITE behind it fails. */
export const maxUploadBytes = 100_000_000

let shared: Promise<SharedServe> | undefined

/** Runs what is built in `dist`, or the build whose path stands in `TEST_MAIN`. */
async function start(): Promise<SharedServe> {
  const main = process.env['TEST_MAIN']
  const settings = {
    DOCKETDROP_SETTLE_MS: '1500',
    DOCKETDROP_MAX_UPLOAD_BYTES: String(maxUploadBytes),
  }
  const home = createTestHome(settings, main)
  const [served, ed25519, rsa] = await Promise.all([
    home.serve(),
    createClientKey(home.root, 'ed25519'),
    createClientKey(home.root, 'rsa', ['-t', 'rsa', '-b', '3072']),
  ])
  return { home, served, ed25519, rsa }
}

/** Starts the server when it is asked for the first time. */
export function startSharedServe(): Promise<SharedServe> {
  shared ??= start()
  return shared
}

/** Stops the server and removes its home; nothing happens where none runs. */
export async function stopSharedServe(): Promise<void> {
  const running = await shared?.catch(() => undefined)
  shared = undefined
  await running?.home.remove()
}
