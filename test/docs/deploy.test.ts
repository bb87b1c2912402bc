import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { parse } from 'yaml'
import { packageRoot } from '../../src/config/index.ts'
import type { Db } from '../../src/db/index.ts'
import { createMetrics, metricList } from '../../src/operations/index.ts'
import type { MetricSpec, MetricsParts } from '../../src/operations/index.ts'
import { recordLog } from '../support/record-log.ts'

interface Rule {
  readonly alert: string
  readonly expr: string
  readonly labels: { readonly severity: string }
  readonly annotations: { readonly summary: string; readonly description: string }
}

interface Panel {
  readonly title: string
  readonly targets: readonly { readonly expr: string }[]
}

/** The words of the query language that look like metrics. */
const words = new Set([
  ...['sum', 'min', 'max', 'by', 'rate', 'increase', 'histogram_quantile', 'up', 'on', 'le'],
])

/** Names of metrics in an expression: what stands outside of labels, ranges and texts. */
function listMetrics(expr: string): string[] {
  const bare = expr.replace(/\{[^}]*\}|\[[^\]]*\]|"[^"]*"|\bby \([^)]*\)/g, ' ')
  return [...bare.matchAll(/[a-z_][a-z0-9_]*/g)]
    .map(([name]) => name)
    .filter((name) => !words.has(name))
}

describe('the files for Prometheus and Grafana', () => {
  const metrics = createMetrics({
    db: undefined as unknown as Db,
    log: recordLog().log,
    sftp: () => ({}) as ReturnType<MetricsParts['sftp']>,
    inbox: {} as MetricsParts['inbox'],
    trail: {} as MetricsParts['trail'],
    isNativeCrypto: true,
  })
  const exposed = new Set(
    metrics.listNames().flatMap((name) => [name, `${name}_bucket`, `${name}_count`, `${name}_sum`]),
  )
  const { groups } = parse(readFileSync(join(packageRoot, 'docs/deploy/alerts.yml'), 'utf8')) as {
    groups: { rules: Rule[] }[]
  }
  const rules = groups.flatMap((group) => group.rules)
  const dashboard = JSON.parse(
    readFileSync(join(packageRoot, 'docs/deploy/dashboard.json'), 'utf8'),
  ) as { panels: Panel[] }

  function assertKnown(where: string, expr: string): string[] {
    const names = listMetrics(expr)
    assert.ok(names.length > 0 || expr.startsWith('up{'), where)
    for (const name of names) assert.ok(exposed.has(name), `${where}: ${name} is not exposed`)
    for (const [, label] of expr.matchAll(/[{,]\s*([a-z_]+)=~?"/g)) {
      const known = names.flatMap(
        (name) => (metricList as Readonly<Record<string, MetricSpec>>)[name],
      )
      assert.ok(
        label === 'job' || known.some((spec) => spec?.labels.includes(label!)),
        `${where}: no label ${label!}`,
      )
    }
    return names
  }

  it('alert on what is exposed, with plain words', () => {
    for (const { alert, expr, labels, annotations } of rules) {
      assertKnown(alert, expr)
      assert.match(labels.severity, /^(page|ticket)$/, alert)
      assert.ok(annotations.summary.length > 20 && annotations.description.length > 20, alert)
    }
  })

  it('alert on everything that needs somebody', () => {
    const names = rules.flatMap(({ expr }) => listMetrics(expr))
    for (const name of [
      ...['docketdrop_agency_uploads', 'docketdrop_uploads_lost', 'docketdrop_disk_free_bytes'],
      ...['docketdrop_queue_oldest_seconds', 'docketdrop_sftp_bans'],
      ...['nodejs_eventloop_lag_p99_seconds', 'docketdrop_keys_expiring'],
    ])
      assert.ok(names.includes(name), name)
    assert.equal(new Set(rules.map(({ alert }) => alert)).size, rules.length)
  })

  it('draw what is exposed', () => {
    for (const { title, targets } of dashboard.panels)
      for (const { expr } of targets) assertKnown(title, expr)
    assert.ok(dashboard.panels.length >= 10)
  })
})
