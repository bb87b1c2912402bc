import { isPresent, listMigrations } from '../../db/index.ts'
import type { Database, Db } from '../../db/index.ts'
import { listTimeZones, readClock, readDatabaseSettings, readInstant } from './doctor-store.ts'
import { createFinding } from './finding.ts'
import type { Finding } from './finding.ts'

const mostApartMs = 60_000

async function examineSafety({ db, isEmbedded }: Database): Promise<Finding[]> {
  const settings = await readDatabaseSettings(db)
  const kind = isEmbedded ? 'embedded' : 'your own'
  const version = createFinding(
    'database.reachable',
    'ok',
    `PostgreSQL ${settings.version} (${kind}) answers.`,
  )
  const off = (['fsync', 'synchronous_commit', 'full_page_writes'] as const).filter(
    (name) => settings[name] === 'off',
  )
  if (off.length === 0)
    return [
      version,
      createFinding('database.safety', 'ok', 'What it commits survives a power cut.'),
    ]
  const isBroken = off.some((name) => name !== 'synchronous_commit')
  return [
    version,
    createFinding(
      'database.safety',
      isBroken ? 'fail' : 'warn',
      `${off.join(', ')} is off: a power cut can lose or damage what was committed.`,
      `Set ${off.join(', ')} to on in postgresql.conf and reload.`,
    ),
  ]
}

async function examineSchema(db: Db): Promise<Finding> {
  const { pending } = await listMigrations(db)
  return pending.length === 0
    ? createFinding('database.schema', 'ok', 'The schema is this version’s.')
    : createFinding(
        'database.schema',
        'fail',
        `${pending.length} migration(s) are pending; what depends on the schema was not looked at.`,
        'Run docketdrop migrate up, or start the server once.',
      )
}

async function examineClock(db: Db, now: () => Date): Promise<Finding> {
  const before = now().getTime()
  const theirs = await readClock(db)
  const apart = Math.round(theirs - (before + now().getTime()) / 2)
  if (Math.abs(apart) <= mostApartMs)
    return createFinding('database.clock', 'ok', 'The clocks of server and database agree.')
  return createFinding(
    'database.clock',
    'warn',
    `The database's clock is ${Math.abs(Math.round(apart / 1000))} s ${apart > 0 ? 'ahead of' : 'behind'} this machine's.`,
    'Let both machines set their clocks by NTP.',
  )
}

/** Milliseconds by which the zone is ahead of UTC at an instant, by Node's data. */
function offsetMs(timeZone: string, at: number): number {
  const format = new Intl.DateTimeFormat('en-US', {
    ...{ timeZone, hourCycle: 'h23', year: 'numeric', month: '2-digit', day: '2-digit' },
    ...{ hour: '2-digit', minute: '2-digit', second: '2-digit' },
  })
  const parts = Object.fromEntries(
    format.formatToParts(new Date(at)).map(({ type, value }) => [type, Number(value)]),
  )
  const { year = 0, month = 1, day = 1, hour = 0, minute = 0, second = 0 } = parts
  return Date.UTC(year, month - 1, day, hour, minute, second) - at
}

/** Node and PostgreSQL each have zone data of their own; if one is old, a hearing is told at the wrong hour. */
async function examineZones(db: Db, now: () => Date): Promise<Finding> {
  const year = now().getUTCFullYear() + 1
  const differing: string[] = []
  for (const zone of await listTimeZones(db)) {
    for (const local of [`${year}-01-15T12:00:00`, `${year}-07-15T12:00:00`]) {
      const instant = await readInstant(db, zone, local)
      const isSame =
        instant !== undefined && instant + offsetMs(zone, instant) === Date.parse(`${local}Z`)
      if (!isSame && !differing.includes(zone)) differing.push(zone)
    }
  }
  if (differing.length === 0)
    return createFinding('database.time-zones', 'ok', 'Its time zone rules are those of Node.js.')
  return createFinding(
    'database.time-zones',
    'fail',
    `Node.js and PostgreSQL do not agree on the rules of ${differing.join(', ')}.`,
    'Update Node.js and the time zone data of the database (tzdata) to this year’s.',
  )
}

async function examineProcesses(db: Db): Promise<Finding> {
  const isServing = (await isPresent(db, 'serve')) || (await isPresent(db, 'worker'))
  return createFinding('server', 'ok', isServing ? 'A server is running.' : 'No server is running.')
}

/** The database: safe, current, and of one mind with this machine. */
export async function examineDatabase(database: Database, now: () => Date): Promise<Finding[]> {
  const { db } = database
  const schema = await examineSchema(db)
  const findings = [...(await examineSafety(database)), schema, await examineClock(db, now)]
  if (schema.status !== 'ok') return findings
  return [...findings, await examineZones(db, now), await examineProcesses(db)]
}
