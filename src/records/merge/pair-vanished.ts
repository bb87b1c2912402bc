/** One side of a possible reschedule: an event that the file no longer has, or one that it has anew. */
export interface Candidate {
  readonly id: number
  readonly type: string | null
  readonly locationId: number | null
  readonly judgeId: number | null
  /** Local, `YYYY-MM-DD`. */
  readonly date: string
  /** Local, `HH:MM:SS`; null when it is not known. */
  readonly time: string | null
  /** Clients who have to come; lawyers and sureties are left out where somebody else is named. */
  readonly people: readonly number[]
}

/** Which event moved to where, and what speaks for it. */
export interface Pair {
  readonly vanishedId: number
  readonly appearedId: number
  readonly why: string
}

/** What pairing came to; ids in order. */
export interface Pairing {
  readonly pairs: readonly Pair[]
  /** Events of both sides that may belong together, and nobody can tell how. */
  readonly unclear: { readonly vanished: readonly number[]; readonly appeared: readonly number[] }
}

/** No case has so many dates that move in one night; one that seems to is a placeholder for many. */
const mostComparisons = 10_000

const same = 0
const notKnown = 1
const different = 2

const compareValues = (one: string | number | null, other: string | number | null) =>
  one === null || other === null ? notKnown : one === other ? same : different

function comparePeople(one: readonly number[], other: readonly number[]): number {
  if (one.length === 0 || other.length === 0) return notKnown
  const known = new Set(one)
  const shared = new Set(other.filter((person) => known.has(person))).size
  if (shared === 0) return different
  return shared === known.size && shared === new Set(other).size ? same : notKnown
}

const toMinutes = (time: string) => Number(time.slice(0, 2)) * 60 + Number(time.slice(3, 5))

/** Type, location, judge, people, days, minutes: the smaller the first difference, the better they fit. */
type Fit = readonly [number, number, number, number, number, number]

const compareFits = (one: Fit, other: Fit): number => {
  for (const [index, value] of one.entries()) {
    const difference = value - (other[index] ?? 0)
    if (difference !== 0) return difference
  }
  return 0
}

/** Undefined where the two cannot be one hearing: nobody has to come to both. */
function fit(vanished: Candidate, appeared: Candidate): Fit | undefined {
  const people = comparePeople(vanished.people, appeared.people)
  if (people === different) return undefined
  const days = Math.abs(Date.parse(vanished.date) - Date.parse(appeared.date)) / 86_400_000
  const minutes =
    vanished.time === null || appeared.time === null
      ? 0
      : Math.abs(toMinutes(vanished.time) - toMinutes(appeared.time))
  return [
    compareValues(vanished.type, appeared.type),
    compareValues(vanished.locationId, appeared.locationId),
    compareValues(vanished.judgeId, appeared.judgeId),
    people,
    days,
    minutes,
  ]
}

interface Edge {
  readonly vanished: Candidate
  readonly appeared: Candidate
  readonly fit: Fit
}

/** For each event of one side its best edge; null where two are equally good. */
function chooseBest(edges: readonly Edge[], side: 'vanished' | 'appeared') {
  const best = new Map<number, Edge>()
  const tied = new Set<number>()
  for (const edge of edges) {
    const { id } = edge[side]
    const known = best.get(id)
    const difference = known === undefined ? -1 : compareFits(edge.fit, known.fit)
    if (difference === 0) tied.add(id)
    if (difference >= 0) continue
    best.set(id, edge)
    tied.delete(id)
  }
  return (id: number) => (tied.has(id) ? undefined : best.get(id))
}

const names = ['type', 'location', 'judge', 'people']

function explain({ fit: own }: Edge, wasAlone: boolean): string {
  const shared = names.filter((_, index) => own[index] === same)
  const last = shared.pop()
  const evidence =
    last === undefined ? 'the same case' : `the same ${['case', ...shared].join(', ')} and ${last}`
  return wasAlone
    ? `it is the only new date of ${evidence}`
    : `of the new dates it fits best: ${evidence}, nearest date`
}

const byId = (one: number, other: number) => one - other

/**
 * Pairs the future events of one case that vanished with those that appeared: same type first, then location, judge and
 * people, then the nearest date.
 *
 * A pair is made only where each is the other's best and no second one is as good; then again among the rest. So the
 * order of the lists does not matter, nothing is paired twice, and of equals none is chosen. Pure.
 */
export function pairVanished(
  vanished: readonly Candidate[],
  appeared: readonly Candidate[],
): Pairing {
  const isTooMany = vanished.length * appeared.length > mostComparisons
  let edges = isTooMany
    ? []
    : vanished.flatMap((one) =>
        appeared.flatMap((other): Edge[] => {
          const own = fit(one, other)
          return own === undefined ? [] : [{ vanished: one, appeared: other, fit: own }]
        }),
      )
  const wasAlone = vanished.length === 1 && appeared.length === 1
  const pairs: Pair[] = []
  for (;;) {
    const [bestOfVanished, bestOfAppeared] = [
      chooseBest(edges, 'vanished'),
      chooseBest(edges, 'appeared'),
    ]
    const agreed = edges.filter(
      (edge) =>
        bestOfVanished(edge.vanished.id) === edge && bestOfAppeared(edge.appeared.id) === edge,
    )
    if (agreed.length === 0) break
    const taken = { vanished: new Set<number>(), appeared: new Set<number>() }
    for (const edge of agreed) {
      taken.vanished.add(edge.vanished.id)
      taken.appeared.add(edge.appeared.id)
      const why = explain(edge, wasAlone)
      pairs.push({ vanishedId: edge.vanished.id, appearedId: edge.appeared.id, why })
    }
    edges = edges.filter(
      (edge) => !taken.vanished.has(edge.vanished.id) && !taken.appeared.has(edge.appeared.id),
    )
  }
  const listUnclear = (side: 'vanished' | 'appeared', all: readonly Candidate[]) =>
    [...new Set(isTooMany ? all.map(({ id }) => id) : edges.map((edge) => edge[side].id))].sort(
      byId,
    )
  return {
    pairs: pairs.sort((one, other) => byId(one.vanishedId, other.vanishedId)),
    unclear: {
      vanished: listUnclear('vanished', vanished),
      appeared: listUnclear('appeared', appeared),
    },
  }
}
