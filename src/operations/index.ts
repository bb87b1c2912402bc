/**
 * operations — what keeps the program observable: today the health endpoints.
 *
 * In:  checks of the other parts. Out: `createTelemetry` → a small HTTP listener. Promise: `/livez` answers while the
 * event loop turns; `/readyz` answers 200 only when every check holds.
 */
export { createDatabaseChecks } from './database-checks.ts'
export { createTelemetry } from './telemetry.ts'
export type { ReadinessCheck, Telemetry, TelemetryParts } from './telemetry.ts'
