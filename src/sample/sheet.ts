import { createDirt, listDirt } from './dirt.ts'
import type { Dirt } from './dirt.ts'
import { languages } from './languages.ts'
import { layouts } from './layouts.ts'
import type { Night } from './model.ts'
import { createRandom } from './random.ts'
import type { Layout, LayoutName, Line, SheetRow, Words } from './sheet-types.ts'

export interface SheetOptions {
  readonly dirt?: Dirt | undefined
}

/** The words that a row shows, odd ones first. */
export function findWords(layout: Layout, { person, role, hearing, odd }: Line): Words {
  const known = person.language === null ? undefined : languages[person.language]
  const statuses = layout.statuses[hearing.status]
  return {
    language: odd?.language ?? known?.[layout.language] ?? '',
    role: odd?.role ?? layout.roles[role],
    status: odd?.status ?? statuses[hearing.statusWord % statuses.length] ?? '',
  }
}

/** What each row says: participants of hearings by date, once per phone where the layout asks for it. */
function listLines(night: Night, layout: Layout): Line[] {
  const byStart = [...night.hearings].sort((a, b) => {
    const [one, two] = [a, b].map((each) => `${each.localDate} ${each.localTime} ${each.reference}`)
    return (one ?? '') < (two ?? '') ? -1 : 1
  })
  return byStart.flatMap((hearing) =>
    hearing.participants.flatMap(({ person: index, role }): Line[] => {
      const person = night.people[index]
      if (person === undefined) return []
      const line = { person, role, hearing }
      if (layout.phonesPerRow === 'all' || person.phones.length === 0)
        return [{ ...line, phones: person.phones }]
      return person.phones.map((phone) => ({ ...line, phones: [phone] }))
    }),
  )
}

/** The rows of a night's file in their order, each with its fate. */
export function createSheet(
  night: Night,
  name: LayoutName,
  { dirt = 0 }: SheetOptions,
): SheetRow[] {
  const layout = layouts[name]
  const show = (line: Line) => ({
    cells: layout.toCells(line, findWords(layout, line)),
    fate: 'accepted' as const,
    line,
    issues: [],
  })
  const good = listLines(night, layout).map(show)
  const random = createRandom(night.court.options.seed, 'dirt', night.number, name)
  const kinds = listDirt(dirt, good.length, layout)
  if (kinds.length > good.length) throw new RangeError('There are fewer good rows than bad ones.')
  // Each bad row has a good one of its own behind it, so that no two bad rows are equal by chance.
  const places = random.shuffle([...good.keys()])
  const bad = new Map<number, SheetRow>()
  for (const [index, kind] of kinds.entries()) {
    const at = places[index] ?? 0
    const row = good[at]
    if (row !== undefined) bad.set(at, createDirt(kind, row, { random, index, layout, show }))
  }
  return good.flatMap((row, at) => {
    const added = bad.get(at)
    return added === undefined ? [row] : [row, added]
  })
}

/** A night as a file: the name it would have and its bytes, the same for the same night and options. */
export async function writeNight(
  night: Night,
  name: LayoutName,
  options: SheetOptions = {},
): Promise<{ fileName: string; bytes: Buffer }> {
  const layout = layouts[name]
  const rows = createSheet(night, name, options).map(({ cells }) => cells)
  return { fileName: layout.toFileName(night.day), bytes: await layout.write(rows, night.day) }
}
