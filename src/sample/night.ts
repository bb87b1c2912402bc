import { addDays, listCourtDays } from './calendar.ts'
import { defaultWindowDays, listStarts, pickFreeStart } from './court.ts'
import type { Court, Night, SampleHearing, SamplePerson } from './model.ts'
import { createPhone } from './people.ts'
import { createRandom } from './random.ts'
import type { Random } from './random.ts'

/** So many of the items, in their order. */
function draw<Item>(random: Random, items: readonly Item[], count: number): Item[] {
  const chosen = new Set(random.shuffle(items).slice(0, count))
  return items.filter((item) => chosen.has(item))
}

/** A share of a number, at least one. */
const share = (count: number, part: number) => Math.max(1, Math.round(count * part))

/** One setting per case that still stands, so that no case changes in two ways in one night. */
function listMovable(hearings: readonly SampleHearing[], day: string): SampleHearing[] {
  const byCase = new Map<string, SampleHearing>()
  const tomorrow = addDays(day, 1)
  for (const hearing of hearings)
    if (hearing.status === 'scheduled' && hearing.localDate > tomorrow)
      byCase.set(hearing.caseNumber, hearing)
  return [...byCase.values()]
}

function changePhones(random: Random, people: readonly SamplePerson[]): [SamplePerson[], number] {
  const able = people.filter(({ phones }) => phones.length === 1)
  const chosen = new Set(draw(random, able, share(people.length, 0.02)))
  const changed = people.map((person) => {
    const [old] = person.phones
    if (old === undefined || !chosen.has(person)) return person
    let phone = createPhone(random, old.label)
    while (phone.e164 === old.e164) phone = createPhone(random, old.label)
    return { ...person, phones: [phone] }
  })
  return [changed, chosen.size]
}

function follow(before: Night): Night {
  const { court } = before
  const { seed, windowDays = defaultWindowDays } = court.options
  const number = before.number + 1
  const day = addDays(before.day, 1)
  const random = createRandom(seed, 'night', number)
  const taken = listStarts(before.hearings)
  const days = listCourtDays(addDays(day, 1), windowDays)
  const movable = listMovable(before.hearings, day)
  const touched = draw(random, movable, Math.max(3, Math.round(movable.length * 0.12)))
  const moved = new Set(touched.filter((_, index) => index % 3 === 0))
  const cancelled = new Set(touched.filter((_, index) => index % 3 === 1))
  const joined = new Set(touched.filter((_, index) => index % 3 === 2))
  let nextReference = 500_000 + 100_000 * number + court.hearings.length
  const setAnew = (old: SampleHearing, movedFrom: string | null): SampleHearing => ({
    ...old,
    reference: String(nextReference++),
    ...pickFreeStart(random, days, old.caseNumber, taken),
    status: 'scheduled',
    statusWord: random.int(12),
    movedFrom,
  })
  const hearings = before.hearings
    .filter(({ localDate }) => localDate > day)
    .flatMap((hearing): SampleHearing[] => {
      if (moved.has(hearing))
        return [{ ...hearing, status: 'rescheduled' }, setAnew(hearing, hearing.reference)]
      if (cancelled.has(hearing)) return [{ ...hearing, status: 'cancelled' }]
      if (joined.has(hearing)) return [hearing, setAnew(hearing, null)]
      return [hearing]
    })
  const [people, phones] = changePhones(random, before.people)
  const changes = { rescheduled: moved.size, cancelled: cancelled.size, added: joined.size, phones }
  return { court, number, day, people, hearings, changes }
}

/**
 * The court on one evening. Night 0 is the first full window of hearings to come; each later night follows from the one before:
 * some settings are reset (the old row stays, with status Reset, and a row with another date joins it), some vacated,
 * some cases get one more, some people a new number; days that have passed leave the file.
 */
export function createNight(court: Court, number: number): Night {
  let night: Night = {
    court,
    number: 0,
    day: court.options.from,
    people: court.people,
    hearings: court.hearings,
    changes: { rescheduled: 0, cancelled: 0, added: 0, phones: 0 },
  }
  while (night.number < number) night = follow(night)
  return night
}
