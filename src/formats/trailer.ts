/** What a closing line of a report looks like; `name` goes into reports and findings. */
interface TrailerShape {
  readonly name: string
  readonly pattern: RegExp
}

/** Lines of words and figures, matched against the row's cells joined by one blank, in lower case. */
const shapes: readonly TrailerShape[] = [
  {
    name: 'rows affected',
    pattern: /^\(?\s*\d[\d,]* rows?(\(s\))? (affected|returned|selected)\.?\s*\)?$/,
  },
  { name: 'page footer', pattern: /^[-–—\s]*page:?\s*\d+(\s*(of|\/)\s*\d+)?[-–—\s]*$/ },
  {
    name: 'record count',
    pattern:
      /^[*\s]*((total|record|row|grand|number of|count of)\s*)+(records?|rows?|cases|events|hearings|count|entries|lines|items|total)?\s*(count)?\s*[:=]?\s*\d[\d,]*[*\s]*$/,
  },
  {
    name: 'record count',
    pattern: /^\d[\d,]* (records?|rows?|entries|lines)( (total|found|exported|listed))?\.?$/,
  },
  { name: 'total', pattern: /^(grand |sub|report )?totals?\s*[:=]?[\s$\d,.]*$/ },
  {
    name: 'end of report',
    pattern:
      /^[-*=#<\s]*(end of (the )?(report|file|data|list|export|records?|calendar|docket)|eof|end|fin)[-*=#>.\s]*$/,
  },
  {
    name: 'report footer',
    pattern:
      /^(report )?(generated|printed|created|exported|produced|prepared|run)( (by|on|at|date|time)\b|\s*:).{0,120}$/,
  },
  { name: 'report footer', pattern: /^(report|run|print) (date|time|id)\s*:.{0,120}$/ },
  { name: 'report footer', pattern: /^[*\s]*(confidential|©|copyright)\b.{0,160}$/ },
]

/** A first cell that makes the row a trailer record, when the rest are counts, dates or names of files. */
const trailerMarks = /^(trailer|trl|trlr|tr|eof|end|footer|ftr|t)$/i

/** SQL tools draw a line of dashes under the header and sometimes around results. */
const dashes = /^[-=_+]{2,}$/

/**
 * Is this row a trailer, footer or dashes line rather than data? Gives a short name for it, or undefined.
 *
 * `width` is the usual number of cells. A row as wide and as full as data is never taken, whatever its words: a client may be
 * called Page. Dashes lines are the exception; nobody is called `-----` in every column.
 */
export function isTrailerRow(
  cells: readonly string[],
  { width }: { readonly width: number },
): string | undefined {
  const first = cells.find((cell) => cell.trim() !== '')?.trim()
  if (first === undefined) return undefined
  // Nearly every row ends here: filled like data, and beginning with neither dashes nor a mark.
  const isMarked = dashes.test(first) || trailerMarks.test(first)
  if (!isMarked && isFilledLikeData(cells, width)) return undefined
  const filled = cells.map((cell) => cell.trim()).filter((cell) => cell !== '')
  if (filled.every((cell) => dashes.test(cell)) && filled.join('').length >= 3) return 'dashes'
  if (trailerMarks.test(first) && isTrailerRecord(filled, cells.length, width))
    return 'trailer record'
  if (isFilledLikeData(filled, width)) return undefined
  const text = filled.join(' ').replace(/\s+/g, ' ').toLowerCase()
  return shapes.find(({ pattern }) => pattern.test(text))?.name
}

/** At least half of the cells, and more than two; or all there are. */
function isFilledLikeData(cells: readonly string[], width: number): boolean {
  let filled = 0
  for (const cell of cells) if (cell.trim() !== '') filled += 1
  return (filled > 2 && filled >= width / 2) || (filled === width && width > 1)
}

/**
 * `TRAILER|1234|2026-11-23`: a mark followed by at most three figures or dates, in a row that is not filled like data.
 *
 * The short marks (`T`, `TR`) need a count behind them and nothing else, because they may be a cell of data.
 */
function isTrailerRecord(filled: readonly string[], length: number, width: number): boolean {
  const rest = filled.slice(1)
  const isNarrow = length < width || filled.length <= 2
  if (!isNarrow || filled.length > 4 || filled.length === width) return false
  if (/^(t|tr)$/i.test(filled[0] ?? '')) return rest.length === 1 && /^\d+$/.test(rest[0] ?? '')
  return rest.every((cell) => /\d/.test(cell) || /^(records?|rows?|count|total)[:=]?$/i.test(cell))
}

/** A day without separators (`20261123`), and what is longer than any count. */
const noCount = /^(?:(?:19|20)\d{2}(?:0[1-9]|1[0-2])(?:0[1-9]|[12]\d|3[01])|0*[1-9]\d{7,})$/

/** The count that a trailer tells, if it tells exactly one; days are none. */
export function findTrailerCount(cells: readonly string[]): number | undefined {
  const counts = cells
    .join(' ')
    .match(/(?<![\d/:.-])\d{1,3}(,\d{3})+(?![\d/:.-])|(?<![\d/:.-])\d+(?![\d/:.-])/g)
  const [only, second] = (counts ?? []).filter((count) => !noCount.test(count))
  return only === undefined || second !== undefined ? undefined : Number(only.replaceAll(',', ''))
}

const clearMark = /^\s*(trailer|trlr?|eof|footer|ftr)\s*$/i
/** Counts of lines, by their words; a count of cases or an unnamed total may be anything. */
const rowWords = /\b(rows?|rows?\(s\)|records?|lines|entries)\b/i

/**
 * How far the count of a closing line can be trusted to mean the rows: `exactly`, for the trailer record of a program;
 * `at most`, for a line of words, which may count one section only; undefined where it may count something else.
 */
export function findCountMeaning(
  trailer: string,
  cells: readonly string[],
): 'exactly' | 'at most' | undefined {
  if (trailer === 'trailer record') return clearMark.test(cells[0] ?? '') ? 'exactly' : 'at most'
  if (trailer === 'rows affected') return 'at most'
  return trailer === 'record count' && rowWords.test(cells.join(' ')) ? 'at most' : undefined
}
