/**
 * The same function, remembering its answers by text: a nightly file says the same few thousand things over and over.
 * Emptied when it holds `most` texts, so that memory stays flat.
 */
export function memoize<Value>(
  parse: (text: string) => Value,
  most = 20_000,
): (text: string) => Value {
  const known = new Map<string, Value>()
  return (text) => {
    const answer = known.get(text)
    if (answer !== undefined || known.has(text)) return answer as Value
    if (known.size >= most) known.clear()
    const fresh = parse(text)
    known.set(text, fresh)
    return fresh
  }
}
