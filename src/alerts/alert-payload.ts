import type { Agency } from '../agencies/index.ts'
import { renderAlert } from './alert-text.ts'
import type { Alert } from './types.ts'

/**
 * The JSON body of a webhook: `type`, `timestamp` and `data` as Standard Webhooks 1.0 proposes; equal over all tries while the agency keeps its name. The keys of
 * `data` are described in docs/alerts.md.
 */
export function toPayload(
  alert: Pick<Alert, 'alertId' | 'event' | 'facts' | 'occurredAt'>,
  agency: Pick<Agency, 'agency' | 'name' | 'timeZone'>,
): string {
  const { subject } = renderAlert(alert, agency)
  return JSON.stringify({
    type: alert.event,
    timestamp: alert.occurredAt.toISOString(),
    data: { alertId: alert.alertId, agency: agency.agency, summary: subject, ...alert.facts },
  })
}
