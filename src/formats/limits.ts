/**
 * What a file may cost at most; a court's largest night is far below each of them.
 *
 * Lengths of text are in UTF-16 code units, sizes of archives in bytes.
 */
export const limits = {
  /** Bytes that `sniff` looks at. */
  headBytes: 65_536,
  /** One row of a text file. */
  rowLength: 1_048_576,
  columns: 2_000,
  /** Rows with content; blank lines are bounded by the size of the file. */
  rows: 5_000_000,
  /** Rows handed on at a time. */
  batchRows: 500,
  archiveEntries: 1_000,
  archiveBytes: 512 * 1_048_576,
  archiveRatio: 200,
  /** Below this size an archive's ratio says nothing: XML of blanks packs very well. */
  ratioFreeBytes: 8 * 1_048_576,
  sheetRows: 1_048_576,
  sheetColumns: 16_384,
  /** A workbook reader that has said nothing for so long has hung (exceljs on damaged input). */
  workbookIdleMs: 30_000,
} as const
