import { listCourtDays, pickDay, pickTime } from './calendar.ts'
import type { Court, CourtOptions, SampleHearing, SamplePerson, SampleRole } from './model.ts'
import { judges, locations } from './name-pools.ts'
import { createAttorney, createCompany, createPerson } from './people.ts'
import { createRandom } from './random.ts'
import type { Random } from './random.ts'

const kinds = [
  { code: 'CR', name: 'Criminal', types: ['Arraignment', 'Pretrial Conference', 'Jury Trial'] },
  { code: 'TR', name: 'Traffic', types: ['Arraignment', 'Bench Trial'] },
  { code: 'CV', name: 'Civil', types: ['Status Hearing', 'Bench Trial', 'Motion'] },
  { code: 'FA', name: 'Family', types: ['Status Hearing', 'Custody Review'] },
] as const

export const defaultWindowDays = 365

interface Groups {
  readonly people: readonly SamplePerson[]
  /** Indexes into `people`. */
  readonly parties: readonly number[]
  readonly attorneys: readonly number[]
  readonly companies: readonly number[]
}

function createPeople({ seed, people: count }: CourtOptions): Groups {
  const attorneyCount = Math.max(1, Math.floor(count * 0.05))
  const companyCount = Math.floor(count * 0.03)
  const people: SamplePerson[] = []
  const add = (
    kind: string,
    howMany: number,
    create: (random: Random, index: number) => SamplePerson,
  ) =>
    Array.from(
      { length: howMany },
      (_, index) => people.push(create(createRandom(seed, kind, index), index)) - 1,
    )
  const parties = add('party', Math.max(2, count - attorneyCount - companyCount), createPerson)
  const attorneys = add('attorney', attorneyCount, createAttorney)
  const companies = add('company', companyCount, createCompany)
  return { people, parties, attorneys, companies }
}

type Participants = SampleHearing['participants']

/** The two sides, most often an attorney, sometimes a victim or a bond company; each person once. */
function gather(random: Random, code: string, index: number, groups: Groups): Participants {
  const { parties, attorneys, companies } = groups
  const main = parties[index % parties.length] ?? 0
  const other =
    random.chance(0.2) && companies.length > 0 ? random.pick(companies) : random.pick(parties)
  const sides: [number, SampleRole][] =
    code === 'FA'
      ? [
          [main, 'respondent'],
          [random.pick(parties), 'petitioner'],
        ]
      : code === 'CV'
        ? [
            [main, 'defendant'],
            [other, 'plaintiff'],
          ]
        : [[main, 'defendant']]
  if (random.chance(0.8)) sides.push([random.pick(attorneys), 'attorney'])
  if (code === 'CR' && random.chance(0.35)) sides.push([random.pick(parties), 'victim'])
  if (code === 'CR' && companies.length > 0 && random.chance(0.15))
    sides.push([random.pick(companies), 'bondsman'])
  const seen = new Set<number>()
  return sides
    .filter(([person]) => !seen.has(person) && seen.add(person))
    .map(([person, role]) => ({ person, role }))
}

/** Courts number as they like: `CR-2026-00012`, and sometimes `12-3-26 Lecv`. */
function createCaseNumber(random: Random, code: string, index: number, year: string): string {
  const serial = index + 1
  if (random.chance(0.05))
    return `${serial}-${1 + random.int(12)}-${year.slice(2)} Le${code.toLowerCase()}`
  return `${code}-${year}-${String(serial).padStart(5, '0')}`
}

/** A time at which the case has no other setting, for that is how settings without an id are told apart. */
export function pickFreeStart(
  random: Random,
  days: readonly string[],
  caseNumber: string,
  taken: Set<string>,
): { localDate: string; localTime: string } {
  for (let tries = 0; tries < 10_000; tries++) {
    const localDate = pickDay(random, days)
    const localTime = pickTime(random)
    const start = `${caseNumber} ${localDate} ${localTime}`
    if (taken.has(start)) continue
    taken.add(start)
    return { localDate, localTime }
  }
  throw new RangeError('There are too many hearings of one case for the window.')
}

/** What the case number and start of each setting are, for `pickFreeStart`. */
export function listStarts(hearings: readonly SampleHearing[]): Set<string> {
  return new Set(hearings.map((one) => `${one.caseNumber} ${one.localDate} ${one.localTime}`))
}

/**
 * Makes up a court: people, cases and the hearings of the first night. The same options give the same court,
 * on every machine and in every version of Node.js.
 */
export function createCourt(options: CourtOptions): Court {
  const { seed, from, cases, events, windowDays = defaultWindowDays } = options
  const groups = createPeople(options)
  const days = listCourtDays(from, windowDays)
  const taken = new Set<string>()
  const hearings = Array.from({ length: events }, (_, index): SampleHearing => {
    const caseIndex = index % cases
    const random = createRandom(seed, 'case', caseIndex)
    const kind = random.pick(kinds)
    const caseNumber = createCaseNumber(random, kind.code, caseIndex, from.slice(0, 4))
    const participants = gather(random, kind.code, caseIndex, groups)
    const own = createRandom(seed, 'hearing', index)
    const isCancelled = own.chance(0.02)
    return {
      reference: String(500_000 + index),
      caseNumber,
      caseType: kind.name,
      type: own.pick(kind.types),
      ...pickFreeStart(own, days, caseNumber, taken),
      status: isCancelled ? 'cancelled' : 'scheduled',
      statusWord: own.int(12),
      location: own.pick(locations),
      room: `${1 + own.int(6)}${own.pick(['A', 'B', ''])}`,
      judge: own.pick(judges),
      participants,
      movedFrom: null,
    }
  })
  return { options, people: groups.people, hearings }
}
