/**
 * The same text in memory of its own. V8 keeps a cut-out as a view of the whole that it was cut from, so that one remembered
 * cell would keep 256 KiB of its file.
 */
const detach = (text: string) => ` ${text}`.slice(1)

/**
 * The same function, remembering its answers by text: a nightly file says the same few thousand things over and over.
 * Emptied when it holds `most` texts, so that memory stays flat.
 */
export function memoize<Value>(
  parse: (text: string) => Value,
  most = 20_000,
): (text: string) => Value {
  const known = new Map<string, Value>()
  let last: { readonly text: string; readonly answer: Value } | undefined

  function find(text: string): Value {
    const answer = known.get(text)
    if (answer !== undefined || known.has(text)) return answer as Value
    if (known.size >= most) known.clear()
    const own = detach(text)
    const fresh = parse(own)
    known.set(own, fresh)
    return fresh
  }

  return (text) => {
    // Rows of one event stand together and say the same; comparing is cheaper than looking up.
    if (last?.text === text) return last.answer
    const answer = find(text)
    last = { text, answer }
    return answer
  }
}
