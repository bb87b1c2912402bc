import { randomInt } from 'node:crypto'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { createServer } from 'node:net'
import writeFileAtomic from 'write-file-atomic'
import { UnavailableError } from '../../errors/index.ts'
import type { Place } from './place.ts'

/** Below the range that outgoing connections take their ports from, so that none of them sits on ours after a restart. */
const lowest = 20_000
const highest = 30_000

/** Can this port of the loopback address be listened on now? */
export async function isFree(port: number): Promise<boolean> {
  const probe = createServer()
  try {
    probe.listen(port, '127.0.0.1')
    await once(probe, 'listening')
    return true
  } catch {
    // Taken or not allowed: no use to us either way.
    return false
  } finally {
    probe.close()
  }
}

function readRemembered({ portFile }: Place): number {
  try {
    return Number(readFileSync(portFile, 'utf8'))
  } catch {
    // The first start: nothing is remembered yet.
    return 0
  }
}

/**
 * The port to start on: the configured one, else the remembered one while it is free, else another.
 *
 * @throws {UnavailableError} `PORT_TAKEN` when the configured port is in use
 */
export async function choosePort(place: Place, configured: number): Promise<number> {
  if (configured !== 0) {
    if (await isFree(configured)) return configured
    throw new UnavailableError(
      'PORT_TAKEN',
      `Port ${configured} of 127.0.0.1, set for the embedded PostgreSQL, is in use.`,
      {
        context: { port: configured },
        hint: 'Free the port, or set DOCKETDROP_POSTGRES_PORT to another, or to 0 for a free one.',
      },
    )
  }
  const remembered = readRemembered(place)
  if (remembered > 0 && (await isFree(remembered))) return remembered
  for (let tries = 0; tries < 200; tries++) {
    const port = randomInt(lowest, highest)
    if (await isFree(port)) return port
  }
  throw new UnavailableError(
    'PORT_TAKEN',
    `No free port was found between ${lowest} and ${highest} on 127.0.0.1.`,
    {
      hint: 'Set DOCKETDROP_POSTGRES_PORT to a port that is free.',
    },
  )
}

/** Keeps the port for the next start. */
export async function rememberPort({ portFile }: Place, port: number): Promise<void> {
  await writeFileAtomic(portFile, `${port}\n`, { mode: 0o600 })
}
