/**
 * operations — what keeps the program observable: health endpoints, metrics, and the doctor.
 *
 * In:  figures and checks of the other parts. Out: `createTelemetry` → a small HTTP listener; `createMetrics`; `examine` → findings.
 * Promise: `/livez` answers while the event loop turns; `/readyz` answers 200 only when every check holds; `/metrics` answers
 * whatever else is away; the doctor changes nothing unless it is told to.
 */
export { examine } from './doctor/doctor.ts'
export type { DoctorParts, DoctorStores } from './doctor/doctor.ts'
export type { Finding, FindingStatus } from './doctor/finding.ts'
export { describeMetrics, metricList } from './metric-list.ts'
export type { MetricSpec } from './metric-list.ts'
export { createMetrics } from './metrics.ts'
export type { Metrics, MetricsParts } from './metrics.ts'
export { createReadinessChecks } from './readiness-checks.ts'
export { createTelemetry } from './telemetry.ts'
export type { ReadinessCheck, Telemetry, TelemetryParts } from './telemetry.ts'
