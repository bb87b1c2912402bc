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
  /** Content of a gzip, zip or OpenPGP file; the largest upload is as large by default. */
  containerBytes: 2 * 1_073_741_824,
  /** Below this size the ratio of a container says nothing: columns padded with blanks pack very well, and the disk bears it. */
  containerFreeBytes: 64 * 1_048_576,
  sheetRows: 1_048_576,
  sheetColumns: 16_384,
  /** Characters of all shared texts of a workbook, which are kept in memory. */
  sharedText: 96 * 1_048_576,
} as const
