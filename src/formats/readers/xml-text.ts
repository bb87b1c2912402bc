import { FileError } from '../../errors/index.ts'

/** The fault of XML that breaks its own rules. */
export function toMalformedXml(what: string): FileError {
  return new FileError('FILE_MALFORMED', `The workbook could not be read: ${what}.`, {
    hint: 'Open it in Excel, save it as .xlsx and send it again, or send it as CSV.',
  })
}

const entities: ReadonlyMap<string, string> = new Map([
  ['lt', '<'],
  ['gt', '>'],
  ['amp', '&'],
  ['quot', '"'],
  ['apos', "'"],
])

/**
 * Character data as it is meant: the five entities and character references of XML 1.0 §4.6, line ends as LF (§2.11).
 *
 * @throws FileError FILE_MALFORMED for any other entity: without a document type there is none
 */
export function decodeXmlText(text: string): string {
  const lines = normaliseLineEnds(text)
  if (!lines.includes('&')) return lines
  return lines.replace(/&([^;&]{0,12})(;?)/g, (_, name: string, end: string) => {
    const char = end === ';' ? (entities.get(name) ?? decodeReference(name)) : undefined
    if (char === undefined) throw toMalformedXml('it holds an entity that nobody has declared')
    return char
  })
}

/** As XML readers do to character data before anybody sees it. */
export function normaliseLineEnds(text: string): string {
  return text.includes('\r') ? text.replace(/\r\n?/g, '\n') : text
}

function decodeReference(name: string): string | undefined {
  const match = /^#(?:x([\da-f]{1,6})|(\d{1,7}))$/i.exec(name)
  if (!match) return undefined
  const code = match[1] === undefined ? Number(match[2]) : Number.parseInt(match[1], 16)
  return code <= 0x10ffff ? String.fromCodePoint(code).toWellFormed() : undefined
}

/** Attributes by their local name. */
export type Attributes = ReadonlyMap<string, string>

/** The attributes of one start tag, given the text between its name and its end. */
export function readAttributes(text: string): Attributes {
  const pairs = text.matchAll(/(?:[\w.-]+:)?([\w.-]+)\s*=\s*(?:"([^"]*)"|'([^']*)')/g)
  return new Map(
    [...pairs].map(([, key = '', double, single]) => [key, decodeXmlText(double ?? single ?? '')]),
  )
}

/** `_x000D_` stands for a character that XML cannot hold (ECMA-376 part 1, 22.9.2.19). */
export function decodeEscapes(text: string): string {
  if (!text.includes('_x')) return text
  return text
    .replace(/_x([\dA-Fa-f]{4})_/g, (_, code: string) =>
      String.fromCharCode(Number.parseInt(code, 16)),
    )
    .toWellFormed()
}
