import winston from 'winston'

const secretNames = /pass(word|phrase)?$|secret|token|authorization|private.?key|database.?url/i
const patterns: readonly [RegExp, string][] = [
  // Senders name files after people; errors of the file system quote whole paths.
  [/(\/agencies\/[\w-]+\/(?:inbox|processed|error|outbox)\/)[^\n]+/g, '$1***'],
  [/\b(postgres(?:ql)?:\/\/[^:/@\s]+):[^@\s]+@/g, '$1:***@'],
  [/[\w.+-]+@[\w-]+\.[\w.-]+/g, '***@***'],
  [/(?<![\w.:/-])\+?1?[\s.-]?\(?\d{3}\)?[\s.-]\d{3}[\s.-]\d{4}(?!\w)/g, '***'],
  [/(?<!\w)\+1\d{10}(?!\d)/g, '***'],
]

function redact(value: unknown, depth: number): unknown {
  if (typeof value === 'string') {
    return patterns.reduce((text, [pattern, mask]) => text.replace(pattern, mask), value)
  }
  if (value === null || typeof value !== 'object' || depth > 6) return value
  if (Array.isArray(value)) return value.map((inner) => redact(inner, depth + 1))
  return Object.fromEntries(
    Object.entries(value).map(([key, inner]) => [
      key,
      secretNames.test(key) ? '***' : redact(inner, depth + 1),
    ]),
  )
}

/** A safety net, not a licence: masks secrets by name, and phones, addresses and passwords in URLs by shape. */
export const redactFormat = winston.format((info) => {
  for (const [key, value] of Object.entries(info)) {
    if (key === 'level' || key === 'timestamp') continue
    info[key] = secretNames.test(key) ? '***' : redact(value, 0)
  }
  return info
})
