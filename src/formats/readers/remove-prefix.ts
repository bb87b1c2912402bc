/**
 * The prefix of the first element, such as `x` in `<x:worksheet`; blank without one.
 *
 * Some reporting engines write all elements with a prefix, which is right XML and which exceljs cannot read (exceljs#962).
 */
export async function findPrefix(stream: AsyncIterable<unknown>): Promise<string> {
  let head = ''
  for await (const chunk of stream) {
    head += (chunk as Buffer).toString('latin1')
    const element = /<(?:([\w.-]+):)?[A-Za-z_][\w.-]*[\s/>]/.exec(head)
    if (element) return element[1] ?? ''
    if (head.length > 65_536) return ''
  }
  return ''
}

/** Takes a prefix off all tags of a stream of XML bytes; a bare `<` never stands in XML text, so tags are safe to find. */
export function createPrefixRemover(
  prefix: string,
): (stream: AsyncIterable<unknown>) => AsyncGenerator<Buffer> {
  const opening = `<${prefix}:`
  const closing = `</${prefix}:`
  return async function* remove(stream) {
    let rest = ''
    for await (const chunk of stream) {
      const text = rest + (chunk as Buffer).toString('latin1')
      // A tag may be cut at the seam: what follows the last `<` waits.
      const cut = text.lastIndexOf('<')
      const isOpen = cut !== -1 && text.length - cut < closing.length
      const ready = isOpen ? text.slice(0, cut) : text
      rest = isOpen ? text.slice(cut) : ''
      yield strip(ready)
    }
    yield strip(rest)
  }

  function strip(text: string): Buffer {
    return Buffer.from(text.replaceAll(opening, '<').replaceAll(closing, '</'), 'latin1')
  }
}
