import { createHash } from 'node:crypto'
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import writeFileAtomic from 'write-file-atomic'
import { UnavailableError } from '../../errors/index.ts'
import type { Machine } from './machine.ts'

/** Where the parts of one embedded database lie. */
export interface Place {
  readonly home: string
  /** `<home>/postgres`: password, port, log, and where the cluster is. */
  readonly control: string
  /** The folder that holds `data`: `control`, or one below `/var/lib/docketdrop`. */
  readonly cluster: string
  /** PostgreSQL's data directory. */
  readonly data: string
  readonly logFile: string
  readonly portFile: string
}

/** True when a cluster stands there whole; it is renamed into place, so half of one cannot. */
export function isMade(place: Place): boolean {
  return existsSync(join(place.data, 'PG_VERSION'))
}

/** The place with its cluster in `cluster`. */
export function toPlace(home: string, cluster: string): Place {
  const control = join(home, 'postgres')
  return {
    home,
    control,
    cluster,
    data: join(cluster, 'data'),
    logFile: join(control, 'postgres.log'),
    portFile: join(control, 'port'),
  }
}

/**
 * The place of this home. `<home>/postgres/place.json` says where the cluster is when that is not in the home; it
 * moves with the home.
 *
 * @throws {UnavailableError} `POSTGRES_START` when the cluster is not where it is said to be
 */
export function findPlace(home: string): Place {
  const pointer = join(home, 'postgres', 'place.json')
  if (!existsSync(pointer)) return toPlace(home, join(home, 'postgres'))
  const { cluster } = JSON.parse(readFileSync(pointer, 'utf8')) as { cluster: string }
  const place = toPlace(home, cluster)
  if (isMade(place)) return place
  throw new UnavailableError(
    'POSTGRES_START',
    `The database of ${home} is said to lie in ${cluster}, but there is none.`,
    {
      hint: `Bring ${cluster} back; or, if its data may be lost, remove ${pointer}.`,
    },
  )
}

/** Remembers that the cluster lies outside of the home. */
export async function rememberPlace({ control, cluster }: Place): Promise<void> {
  if (control === cluster) return
  await writeFileAtomic(join(control, 'place.json'), `${JSON.stringify({ cluster })}\n`, {
    mode: 0o600,
  })
}

/**
 * A folder of this home outside of it. Its name holds the home's path, for people, as a hash, and a part of the
 * password's hash, so that a new home at an old path never meets an old cluster.
 */
export function toSharedPlace(home: string, password: string, { sharedFolder }: Machine): Place {
  const hash = (text: string) => createHash('sha256').update(text).digest('hex')
  return toPlace(
    home,
    join(sharedFolder, `${hash(home).slice(0, 16)}-${hash(password).slice(0, 8)}`),
  )
}
