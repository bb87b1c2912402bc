/** One metric as it was exposed. */
export interface ParsedMetric {
  readonly kind: string
  readonly help: string
  readonly samples: {
    readonly name: string
    readonly labels: Readonly<Record<string, string>>
    readonly value: number
  }[]
}

const sample = /^([a-zA-Z_:][\w:]*)(?:\{(.*)\})? (\S+)$/
const label = /([a-zA-Z_]\w*)="((?:[^"\\]|\\.)*)"(?:,|$)/y

function parseLabels(text: string): Record<string, string> {
  const labels: Record<string, string> = {}
  label.lastIndex = 0
  while (label.lastIndex < text.length) {
    const found = label.exec(text)
    if (found === null) throw new Error(`labels cannot be read: ${text}`)
    labels[found[1]!] = found[2]!
  }
  return labels
}

function parseSample(line: string): ParsedMetric['samples'][number] {
  const [, name, labels, number] = sample.exec(line) ?? []
  const value = Number(number)
  // prom-client writes "Nan", which Prometheus reads in any case: a figure that has no value yet.
  const isNumber = !Number.isNaN(value) || number?.toLowerCase() === 'nan'
  if (name === undefined || !isNumber) throw new Error(`not a sample: ${line}`)
  return { name, labels: parseLabels(labels ?? ''), value }
}

/** Reads Prometheus' text format 0.0.4 strictly: every sample belongs to the metric announced before it. */
export function parseMetrics(text: string): Map<string, ParsedMetric> {
  const metrics = new Map<string, ParsedMetric>()
  let current: { name: string; help: string } = { name: '', help: '' }
  for (const line of text.split('\n').filter((each) => each !== '')) {
    const [, word, name = '', rest = ''] = /^# (HELP|TYPE) (\S+) (.*)$/.exec(line) ?? []
    if (word === 'HELP') current = { name, help: rest }
    else if (word === 'TYPE') {
      if (current.name !== name) throw new Error(`TYPE without HELP: ${line}`)
      if (metrics.has(name)) throw new Error(`told twice: ${name}`)
      metrics.set(name, { kind: rest, help: current.help, samples: [] })
    } else {
      const found = parseSample(line)
      const base = found.name.replace(/_(bucket|sum|count)$/, '')
      if (![found.name, base].includes(current.name))
        throw new Error(`a sample of another metric: ${line}`)
      metrics.get(current.name)?.samples.push(found)
    }
  }
  return metrics
}
