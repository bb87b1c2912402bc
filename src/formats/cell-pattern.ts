/** What the cells of one column look like, and whether a cell can only be the beginning of one. */
export interface CellPattern {
  learn(cell: string): void
  /** Why the cell looks cut off, in words without its value; undefined where that cannot be told. */
  findCut(cell: string): string | undefined
}

/** More different values or shapes than this are no pattern. */
const most = 64

/** Cells that must stand behind each value, behind each shape, and behind the belief that a column is never blank. */
const weights = { value: 2, shape: 3, neverBlank: 3 } as const

const dashes = /^[-=_+\s]+$/

/**
 * Learns a column from its cells as they are written: their values where few are in use (`Scheduled`, `Reset`), and their
 * shapes, digit by digit and letter by letter (`AA-999999`, `99.99`). The first cell is passed over, being most often the header.
 *
 * A cell is called cut only when it is new and the beginning of something known: a new value that is whole is never called so.
 */
export function createCellPattern(): CellPattern {
  const values = new Set<string>()
  const shapes = new Set<string>()
  let count = -1
  let blanks = 0

  return {
    learn(cell) {
      if (dashes.test(cell)) return
      count += 1
      if (count === 0) return
      if (cell === '') blanks += 1
      if (values.size <= most) values.add(cell)
      if (shapes.size <= most) shapes.add(findShape(cell))
    },
    findCut(cell) {
      if (cell === '') {
        const isNew = blanks === 0 && count >= weights.neverBlank
        return isNew ? 'its last cell is blank, as it is in no other row' : undefined
      }
      if (isBeginning(cell, values, weights.value)) {
        return 'its last cell is only the beginning of a value that the column has elsewhere'
      }
      if (isBeginning(findShape(cell), shapes, weights.shape)) {
        return 'its last cell is shorter than all others of the column'
      }
      return undefined
    },
  }

  /** Is the text new, and the beginning of something in a set that is small against the cells seen? */
  function isBeginning(text: string, known: ReadonlySet<string>, weight: number): boolean {
    if (known.size > most || count < known.size * weight || known.has(text)) return false
    for (const one of known) if (one.startsWith(text)) return true
    return false
  }
}

function findShape(cell: string): string {
  return cell.replace(/\d/g, '9').replace(/[A-Z]/g, 'A').replace(/[a-z]/g, 'a')
}
