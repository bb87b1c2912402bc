/** A cell in the plainest of spellings: `<c r="A1" s="2" t="s"><v>17</v></c>`. */
export interface SimpleCell {
  /** From 1; 0 where the cell has no reference. */
  column: number
  style: number
  /** Of `t`: `n`, `s`, `b` … */
  type: string
  /** The text of its value, which needs no decoding; blank without one, and where `index` tells it. */
  value: string
  /** Which shared text it is; -1 for none. */
  index: number
  /** Where the document goes on. */
  next: number
}

const [LT, GT, SLASH, AMPERSAND, RETURN, QUOTE, EQUALS, SPACE] = [60, 62, 47, 38, 13, 34, 61, 32]
const [C, R, S, T, V] = [99, 114, 115, 116, 118]

/**
 * Reads a cell that is spelled as Excel spells it, and as most programs do, without taking it apart into tags: three times as fast.
 *
 * False for anything else, also for a cell whose end has not come yet: the caller then reads it tag by tag. `into` is filled.
 */
export function readSimpleCell(text: string, at: number, into: SimpleCell): boolean {
  if (text.charCodeAt(at + 1) !== C) return false
  const content = readHead(text, at + 2, into)
  if (content === -1) return false
  if (content === into.next) return true
  if (text.charCodeAt(content) === LT && text.charCodeAt(content + 1) === V) {
    if (text.charCodeAt(content + 2) !== GT) return false
    return into.type === 's'
      ? readIndex(text, content + 3, into)
      : readValue(text, content + 3, into)
  }
  if (!text.startsWith('</c>', content)) return false
  into.next = content + 4
  return true
}

/** Reads the attributes; where the content begins, or `into.next` for a cell without content, or -1. */
function readHead(text: string, from: number, into: SimpleCell): number {
  into.column = 0
  into.style = 0
  into.type = 'n'
  into.value = ''
  into.index = -1
  into.next = -1
  for (let at = from; ;) {
    const code = text.charCodeAt(at)
    if (code === GT) return at + 1
    if (code === SLASH) {
      if (text.charCodeAt(at + 1) !== GT) return -1
      into.next = at + 2
      return into.next
    }
    // One blank, one letter, `="`: whatever is spelled otherwise is left to the full reader.
    if (code !== SPACE || text.charCodeAt(at + 2) !== EQUALS) return -1
    if (text.charCodeAt(at + 3) !== QUOTE) return -1
    at = readAttribute(text, text.charCodeAt(at + 1), at + 4, into)
    if (at === -1) return -1
  }
}

/** Where the tag goes on behind the closing quote, or -1. */
function readAttribute(text: string, name: number, from: number, into: SimpleCell): number {
  if (name === R) return readReference(text, from, into)
  if (name === S) {
    let at = from
    let style = 0
    for (; isDigit(text.charCodeAt(at)); at += 1) style = style * 10 + text.charCodeAt(at) - 48
    into.style = style
    return text.charCodeAt(at) === QUOTE ? at + 1 : -1
  }
  if (name !== T) return -1
  const end = text.indexOf('"', from)
  if (end === -1 || end - from > 9) return -1
  into.type = text.slice(from, end)
  return end + 1
}

function readReference(text: string, from: number, into: SimpleCell): number {
  let at = from
  let column = 0
  for (let code = text.charCodeAt(at); code >= 65 && code <= 90; code = text.charCodeAt(at)) {
    column = column * 26 + code - 64
    at += 1
  }
  // Three letters at most (`XFD`): more are for the full reader to refuse.
  if (column === 0 || at - from > 3) return -1
  while (isDigit(text.charCodeAt(at))) at += 1
  into.column = column
  return text.charCodeAt(at) === QUOTE ? at + 1 : -1
}

function readIndex(text: string, from: number, into: SimpleCell): boolean {
  let at = from
  let index = 0
  for (; isDigit(text.charCodeAt(at)); at += 1) index = index * 10 + text.charCodeAt(at) - 48
  if (at === from || !text.startsWith('</v></c>', at)) return false
  into.index = index
  into.next = at + 8
  return true
}

function readValue(text: string, from: number, into: SimpleCell): boolean {
  let at = from
  for (; at < text.length; at += 1) {
    const code = text.charCodeAt(at)
    if (code === LT) break
    if (code === AMPERSAND || code === RETURN) return false
  }
  if (!text.startsWith('</v></c>', at)) return false
  into.value = text.slice(from, at)
  into.next = at + 8
  return true
}

const isDigit = (code: number) => code >= 48 && code <= 57
