/**
 * formats — bytes to rows and rows to bytes, without knowing what a column means.
 *
 * In:  a path. Out: `openContainer` takes it out of gzip, zip and OpenPGP; `sniff`, `openTable` → `TableReader`, `examineFile` → is the file whole?, `isTrailerRow`; `toCsvLine` and
 * cells that are safe in a spreadsheet for what is written.
 * Promise: constant memory; no guess is silent (what was detected is told); a file that cannot be read is a `FileError`
 * with its own code; a broken record is a row with a `problem`, never shifted columns.
 */
export { openContainer } from './containers/open-container.ts'
export { sweepOpened } from './containers/temp-content.ts'
export type {
  ContainerOptions,
  Layer,
  OpenedFile,
  OpenSent,
  PgpKeyring,
} from './containers/types.ts'
export { examineFile } from './evidence.ts'
export { openTable } from './open-table.ts'
export { sniff } from './sniff.ts'
export type { Sniffed } from './sniff.ts'
export { isTrailerRow } from './trailer.ts'
export { toCsvLine, toSafeCell, fromSafeCell } from './write-csv.ts'
export type {
  Delimiter,
  Detected,
  Encoding,
  Evidence,
  Examination,
  Format,
  RawRow,
  ReadOptions,
  TableReader,
} from './types.ts'
