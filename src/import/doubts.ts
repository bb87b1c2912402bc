import type { Doubt } from '../records/index.ts'
import { normalizeText } from './values/text.ts'

/** More than this is remembered as: any row may have been meant. */
const mostDoubts = 100_000

const anything: Doubt = { caseNumber: null, clientReference: null }

/** What the rejected rows of a file spoke of, as far as it can be told; in bounded memory. */
export interface Doubts {
  /** A row whose case and client were read; null for what could not be. */
  addRow(about: Doubt): void
  /** A row whose cells are not where they belong: any of them may name its case or client. */
  addCells(cells: readonly string[]): void
  list(): Doubt[]
}

/** Starts with none. */
export function createDoubts(): Doubts {
  const known = new Map<string, Doubt>()
  let isAnything = false

  function add(doubt: Doubt): void {
    if (doubt.caseNumber === null && doubt.clientReference === null) isAnything = true
    else known.set(JSON.stringify([doubt.caseNumber, doubt.clientReference]), doubt)
    if (known.size < mostDoubts) return
    isAnything = true
    known.clear()
  }

  return {
    addRow: add,
    addCells(cells) {
      const texts = cells.map(normalizeText).filter((text) => text !== '')
      if (texts.length === 0) add(anything)
      for (const text of texts) add({ caseNumber: text, clientReference: text })
    },
    list: () => (isAnything ? [anything] : [...known.values()]),
  }
}
