import { FileError } from '../../errors/index.ts'
import { toDocumentTypeFault } from '../archive-faults.ts'
import { limits } from '../limits.ts'
import { decodeXmlText, normaliseLineEnds, toMalformedXml } from './xml-text.ts'

/** Hears of elements and texts in the order of the document. */
export interface XmlSink {
  /** Its attributes are `text.slice(from, to)`; an empty element also ends at once. */
  start(name: string, text: string, from: number, to: number): void
  end(name: string): void
  /** Character data of the element that is open; may come in several pieces. */
  text(value: string): void
  /** Is the character data of the element that is open wanted? Asked before each piece. */
  wantsText(): boolean
  /**
   * May take a whole element that begins at `at` by itself, where it knows a faster way; gives where the text goes on, or -1.
   * Asked only where names have no prefix.
   */
  take?(text: string, at: number): number
}

export interface XmlScanner {
  /** Takes the next piece of the document, of any size. @throws FileError FILE_MALFORMED, FORMAT_UNSUPPORTED (a document type) */
  push(piece: string): void
  /** @throws FileError FILE_MALFORMED when the document breaks off */
  finish(): void
}

const [LT, GT, SLASH, BANG, QUESTION, DOUBLE, SINGLE] = [60, 62, 47, 33, 63, 34, 39]
/** A workbook's parts are nested ten deep; far deeper is an attack on whoever recurses. */
const deepest = 100
/** A tag, comment or text longer than this is none that a spreadsheet writes: a cell holds 32,767 characters. */
const longestToken = 2 * limits.rowLength

/**
 * A fast reader of the XML of workbooks, whatever the pieces it comes in: elements must nest, document types are refused.
 *
 * The prefix of the root element, such as `x` in `<x:worksheet`, is taken off all names; other prefixes stay, so that their elements
 * are never mistaken for those of the workbook.
 */
export function createXmlScanner(sink: XmlSink): XmlScanner {
  const open: string[] = []
  let rest = ''
  let prefix: string | undefined
  let hasRoot = false

  function toLocal(name: string): string {
    prefix ??= name.includes(':') ? name.slice(0, name.indexOf(':') + 1) : ''
    return prefix !== '' && name.startsWith(prefix) ? name.slice(prefix.length) : name
  }

  function startTag(text: string, at: number): number {
    const nameEnd = findNameEnd(text, at + 1)
    const end = findTagEnd(text, nameEnd)
    if (end === -1) return -1
    if (open.length === 0 && hasRoot) throw toMalformedXml('something follows its end')
    const isEmpty = text.charCodeAt(end - 1) === SLASH
    const raw = text.slice(at + 1, isEmpty && nameEnd === end ? end - 1 : nameEnd)
    if (raw === '') throw toMalformedXml('an element has no name')
    const name = toLocal(raw)
    hasRoot = true
    sink.start(name, text, nameEnd, isEmpty ? end - 1 : end)
    if (isEmpty) sink.end(name)
    else if (open.push(name) > deepest) throw toMalformedXml('its elements are nested too deep')
    return end + 1
  }

  function endTag(text: string, at: number): number {
    const end = text.indexOf('>', at)
    if (end === -1) return -1
    const name = toLocal(text.slice(at + 2, findNameEnd(text, at + 2)))
    if (open.pop() !== name) throw toMalformedXml('its elements do not nest')
    sink.end(name)
    return end + 1
  }

  /** Comments and CDATA; -1 where the text ends too early to tell. */
  function declaration(text: string, at: number): number {
    if (text.startsWith('<!--', at)) return skipTo(text, '-->', at + 4)
    if (text.startsWith('<![CDATA[', at)) {
      const end = text.indexOf(']]>', at + 9)
      if (end === -1) return -1
      if (sink.wantsText()) sink.text(normaliseLineEnds(text.slice(at + 9, end)))
      return end + 3
    }
    const seen = text.slice(at, at + 9)
    if ('<![CDATA['.startsWith(seen) || '<!--'.startsWith(seen)) return -1
    throw toDocumentTypeFault()
  }

  function tag(text: string, at: number): number {
    const next = text.charCodeAt(at + 1)
    if (next === SLASH) return endTag(text, at)
    if (next === BANG) return declaration(text, at)
    if (next === QUESTION) return skipTo(text, '?>', at + 2)
    return at + 1 < text.length ? startTag(text, at) : -1
  }

  return {
    push(piece) {
      const text = rest === '' ? piece : rest + piece
      let at = 0
      for (;;) {
        const tagAt = text.indexOf('<', at)
        if (tagAt === -1) {
          if (!sink.wantsText()) at = text.length
          break
        }
        if (tagAt > at && sink.wantsText()) sink.text(decodeXmlText(text.slice(at, tagAt)))
        at = tagAt
        const taken = prefix === '' ? (sink.take?.(text, tagAt) ?? -1) : -1
        const next = taken === -1 ? tag(text, tagAt) : taken
        if (next === -1) break
        at = next
      }
      rest = text.slice(at)
      if (rest.length > longestToken) throw tooLong()
    },
    finish() {
      if (!hasRoot || open.length > 0 || rest.includes('<')) throw toMalformedXml('it breaks off')
    },
  }
}

/** Position of the blank, slash or `>` that ends a name, or the length of the text. */
function findNameEnd(text: string, from: number): number {
  let at = from
  for (; at < text.length; at += 1) {
    const code = text.charCodeAt(at)
    if (code <= 32 || code === GT || code === SLASH) break
  }
  return at
}

/** Position of the `>` that ends a start tag, which may hold others in quotes; -1 where it has not come yet. */
function findTagEnd(text: string, from: number): number {
  for (let at = from; at < text.length; at += 1) {
    const code = text.charCodeAt(at)
    if (code === GT) return at
    if (code === LT) throw toMalformedXml('a tag stands inside of another')
    if (code === DOUBLE || code === SINGLE) {
      at = text.indexOf(code === DOUBLE ? '"' : "'", at + 1)
      if (at === -1) return -1
    }
  }
  return -1
}

function skipTo(text: string, end: string, from: number): number {
  const at = text.indexOf(end, from)
  return at === -1 ? -1 : at + end.length
}

function tooLong(): FileError {
  return new FileError(
    'ROW_TOO_LONG',
    `A cell of the workbook is longer than ${limits.rowLength} characters.`,
    { context: { limit: limits.rowLength }, hint: 'Look for a cell that holds far too much text.' },
  )
}
