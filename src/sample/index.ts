/**
 * sample — a deterministic maker of made-up courts, for the demo, the tests and the benches.
 *
 * In:  a seed and sizes. Out: `createCourt` → `Court`, `createNight` → `Night`, `writeNight` → bytes in one of several layouts,
 * `expectRecords` → what a right import holds, `templateFor` → the template that reads it, `streamEcr` → large files.
 * Promise: the same seed gives the same bytes; nobody in it exists: numbers are 555-01xx, addresses example.*.
 */
export { createCourt } from './court.ts'
export type { Dirt, DirtKind } from './dirt.ts'
export { expectRecords } from './expect.ts'
export type {
  Expected,
  ExpectedCase,
  ExpectedClient,
  ExpectedContact,
  ExpectedEvent,
} from './expect.ts'
export { layoutNames, templateFor } from './layouts.ts'
export type {
  Court,
  CourtOptions,
  Night,
  NightChanges,
  SampleHearing,
  SamplePerson,
  SamplePhone,
  SampleRole,
  SampleStatus,
} from './model.ts'
export { createNight } from './night.ts'
export { writeNight } from './sheet.ts'
export type { SheetOptions } from './sheet.ts'
export type { LayoutName } from './sheet-types.ts'
export { countEcrStream, streamEcr } from './stream-ecr.ts'
export type { StreamOptions } from './stream-ecr.ts'
