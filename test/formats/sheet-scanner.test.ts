import assert from 'node:assert/strict'
import fc from 'fast-check'
import type { RawRow } from '../../src/formats/index.ts'
import { judgeFormat } from '../../src/formats/readers/number-styles.ts'
import { createNumberText } from '../../src/formats/readers/number-text.ts'
import { createSheetScanner } from '../../src/formats/readers/sheet-scanner.ts'
import { createStringReader } from '../../src/formats/readers/shared-strings.ts'

const strings = ['', 'plain', 'Peña', 'two\nlines', ' edges ']
const styles = [{ kind: 'plain' }, { kind: 'date' }, judgeFormat('00000')] as const
const context = { strings, styles, countsFrom1904: false }

function scan(xml: string, cuts: readonly number[] = []): RawRow[] {
  const scanner = createSheetScanner(context)
  const edges = [0, ...[...cuts].sort((a, b) => a - b), xml.length]
  const rows = edges.slice(1).flatMap((end, at) => scanner.push(xml.slice(edges[at], end)))
  scanner.finish()
  return rows
}

const sheet = (rows: string) => `<worksheet><sheetData>${rows}</sheetData></worksheet>`

/** A cell as a test means it, and ways to spell it. */
interface Meant {
  readonly text: string
  readonly type: string
  readonly style: number
  readonly content: string
}

const escape = (text: string) =>
  text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;')

const xmlText = fc.string({ unit: 'grapheme', maxLength: 12 }).map((text) =>
  // Characters that XML 1.0 cannot hold, and `_x…_`, which has a meaning of its own.
  text.replace(/[\0-\x08\x0b-\x1f\ufffe\uffff\ufffd_]/g, ' ').toWellFormed(),
)

const cells: fc.Arbitrary<Meant> = fc.oneof(
  fc.nat(strings.length - 1).map((index) => ({
    ...{ text: strings[index] ?? '', type: 's', style: 0, content: `<v>${index}</v>` },
  })),
  fc.integer({ min: -99_999_999, max: 999_999_999 }).map((value) => ({
    ...{ text: String(value), type: 'n', style: 0, content: `<v>${value}</v>` },
  })),
  fc.nat(99_999).map((value) => ({
    text: String(value).padStart(5, '0'),
    ...{ type: 'n', style: 2, content: `<f>A1&gt;B1</f><v>${value}</v>` },
  })),
  xmlText.map((text) => ({
    text,
    type: 'inlineStr',
    style: 1,
    content: `<is><t xml:space="preserve">${escape(text)}</t></is>`,
  })),
  xmlText.map((text) => ({
    text: `${text}b`,
    ...{ type: 'inlineStr', style: 0 },
    content: `<is><r><rPr><b/></rPr><t>${escape(text)}</t></r><r><t><![CDATA[b]]></t></r><rPh sb="0" eb="1"><t>kana</t></rPh></is>`,
  })),
  xmlText.map((text) => ({
    text,
    type: 'str',
    style: 0,
    content: `<f>x</f><v>${escape(text)}</v>`,
  })),
  fc.boolean().map((is) => ({
    text: is ? 'TRUE' : 'FALSE',
    type: 'b',
    style: 0,
    content: `<v>${is ? 1 : 0}</v>`,
  })),
  fc.constant({ text: '#N/A', type: 'e', style: 0, content: '<v>#N/A</v>' }),
  fc.constant({
    text: '2027-01-15 08:30:00',
    type: 'd',
    style: 0,
    content: '<v>2027-01-15T08:30:00Z</v>',
  }),
  fc.constant({ text: '', type: 'n', style: 1, content: '' }),
)

const letters = (column: number): string =>
  (column > 26 ? letters(Math.floor((column - 1) / 26)) : '') +
  String.fromCharCode(65 + ((column - 1) % 26))

const spellings = ['plain', 'quotes', 'blanks', 'bare', 'comments'] as const

function spell(cell: Meant, row: number, column: number, how: (typeof spellings)[number]): string {
  const { type, style, content } = cell
  const reference = `${letters(column)}${row}`
  if (how === 'bare') return `<c s="${style}" t="${type}">${content}</c>`
  if (how === 'quotes')
    return `<c t='${type}' x:r="ZZ9" note="a > b" s='${style}' r='${reference}'>${content}</c>`
  if (how === 'blanks')
    return `\n <c\n r = "${reference}"  s="${style}" t="${type}" >\n${content}\t</c >`
  if (how === 'comments')
    return `<!-- <c> --><c r="${reference}" s="${style}" t="${type}"><?pi?>${content}<extLst><v>9</v></extLst></c>`
  if (content === '') return `<c r="${reference}" s="${style}"/>`
  return `<c r="${reference}" s="${style}" t="${type}">${content}</c>`
}

const table = fc.array(fc.array(fc.tuple(cells, fc.constantFrom(...spellings)), { maxLength: 6 }), {
  maxLength: 8,
})

const trim = (texts: string[]): string[] => {
  const end = texts.findLastIndex((text) => text !== '')
  return texts.slice(0, end + 1)
}

describe('the sheet scanner', () => {
  it('gives the cells that were meant, however they are spelled and cut into pieces', () => {
    fc.assert(
      fc.property(
        table,
        fc.array(fc.nat(4_000), { maxLength: 12 }),
        fc.boolean(),
        (rows, cuts, hasPrefix) => {
          const body = rows
            .map(
              (row, at) =>
                `<row r="${at + 1}" spans="1:9">${row.map(([cell, how], column) => spell(cell, at + 1, column + 1, how)).join('')}</row>`,
            )
            .join('\r\n')
          const plain = `<?xml version="1.0"?>${sheet(body)}`
          const names = /<(\/?)(worksheet|sheetData|row|c|v|f|is|t|r|rPr|b|rPh|extLst)(?=[\s/>])/g
          const xml = hasPrefix ? plain.replace(names, '<$1x:$2') : plain
          const expected = rows
            .map((row, at) => ({
              row: at + 1,
              line: at + 1,
              cells: trim(row.map(([{ text }]) => text)),
            }))
            .filter((row) => row.cells.length > 0)
          assert.deepEqual(
            scan(
              xml,
              cuts.filter((cut) => cut < xml.length),
            ),
            expected,
          )
        },
      ),
      { numRuns: 400 },
    )
  })

  it('gives the same for one character at a time', () => {
    const xml = sheet(
      '<row r="1"><c r="A1" t="s"><v>1</v></c><c r="B1"><v>12.50</v></c><c t="inlineStr"><is><t>a &amp; b<![CDATA[ <c> ]]></t></is></c></row>',
    )
    const cuts = Array.from({ length: xml.length }, (_, at) => at)
    assert.deepEqual(scan(xml, cuts), scan(xml))
    assert.deepEqual(scan(xml)[0]?.cells, ['plain', '12.5', 'a & b <c> '])
  })

  it('numbers rows and cells that have no reference by the ones before', () => {
    const xml = sheet(
      '<row r="3"><c r="C3"><v>1</v></c><c><v>2</v></c></row><row><c><v>3</v></c></row>',
    )
    assert.deepEqual(
      scan(xml).map(({ row, cells: texts }) => [row, ...texts]),
      [
        [3, '', '', '1', '2'],
        [4, '3'],
      ],
    )
  })

  it('puts cells out of order in their places, and rejects a row with two in one', () => {
    const [mixed] = scan(sheet('<row r="1"><c r="C1"><v>3</v></c><c r="A1"><v>1</v></c></row>'))
    assert.deepEqual(mixed?.cells, ['1', '', '3'])
    const [twice] = scan(sheet('<row r="1"><c r="A1"><v>3</v></c><c r="A1"><v>1</v></c></row>'))
    assert.equal(twice?.problem?.code, 'ROW_MALFORMED')
  })

  it('rejects rows that are too wide without making their cells', () => {
    const [wide] = scan(sheet('<row r="1"><c r="A1"><v>1</v></c><c r="XFD1"><v>1</v></c></row>'))
    assert.equal(wide?.problem?.code, 'ROW_MALFORMED')
    assert.ok(wide.cells.length <= 2_000)
  })

  const malformed: [string, string][] = [
    ['rows out of order', sheet('<row r="2"/><row r="1"/>')],
    ['a row twice', sheet('<row r="1"/><row r="1"/>')],
    ['a column beyond XFD', sheet('<row r="1"><c r="XFE1"><v>1</v></c></row>')],
    ['a column of many letters', sheet('<row r="1"><c r="ZZZZZZZZZ1"><v>1</v></c></row>')],
    ['a text that is not there', sheet('<row r="1"><c r="A1" t="s"><v>99</v></c></row>')],
    ['an index that is none', sheet('<row r="1"><c r="A1" t="s"><v>x</v></c></row>')],
    ['elements that do not nest', sheet('<row r="1"><c r="A1"><v>1</c></v></row>')],
    ['an entity nobody has declared', sheet('<row><c t="str"><v>&lol;</v></c></row>')],
    ['a bare ampersand', sheet('<row><c t="str"><v>a & b</v></c></row>')],
    ['an element in a value', sheet('<row><c><v><b>1</b></v></c></row>')],
    ['an end in the middle', '<worksheet><sheetData><row r="1"><c r="A1"><v>1</v></c></row>'],
    ['an end in a tag', '<worksheet><sheetData><row r="1"'],
    ['something behind the end', `${sheet('')}<row/>`],
    ['another kind of document', '<html><body/></html>'],
    ['no document at all', ''],
    ['far too deep nesting', `<worksheet>${'<a>'.repeat(200)}`],
  ]
  for (const [name, xml] of malformed) {
    it(`refuses ${name}`, () => {
      assert.throws(() => scan(xml), { code: 'FILE_MALFORMED' })
    })
  }

  it('refuses document types, wherever they are cut', () => {
    const xml = `<!DOCTYPE a [<!ENTITY b "bbbb"><!ENTITY c "&b;&b;">]>${sheet('')}`
    for (let cut = 1; cut < 12; cut += 1)
      assert.throws(() => scan(xml, [cut]), { code: 'FORMAT_UNSUPPORTED' })
  })

  it('refuses a cell, a row and a tag that grow without end', () => {
    const long = 'a'.repeat(700_000)
    const cell = `<c t="str"><v>${long}</v></c>`
    assert.throws(() => scan(sheet(`<row>${cell}${cell}</row>`)), { code: 'ROW_TOO_LONG' })
    const scanner = createSheetScanner(context)
    assert.throws(
      () => {
        scanner.push('<worksheet><sheetData><row><c t="str"><v>')
        for (let at = 0; at < 100; at += 1) scanner.push(long)
      },
      { code: 'ROW_TOO_LONG' },
    )
  })
})

describe('shared texts', () => {
  it('join runs, leave readings out, and decode what XML cannot hold', () => {
    const { scanner, strings: texts } = createStringReader()
    scanner.push('<sst count="4"><si><t>a</t></si><si><r><rPr><b/></rPr><t>b</t></r><r><t xml:sp')
    scanner.push(
      'ace="preserve"> c</t></r><rPh sb="0" eb="1"><t>kana</t></rPh></si><si/><si><t>_x0041__x000D_&#10;</t></si></sst>',
    )
    scanner.finish()
    assert.deepEqual(texts, ['a', 'b c', '', 'A\r\n'])
  })
})

describe('numbers of a sheet', () => {
  const write = createNumberText(false)
  const cases: [string, string, string][] = [
    ['General', '123456789012345', '123456789012345'],
    ['General', '1.5E-9', '0.0000000015'],
    ['General', '1.23E+11', '123000000000'],
    ['General', '1234567890123456', '1234567890123456'],
    ['General', '-0.1', '-0.1'],
    ['General', '0.1', '0.1'],
    ['00-00000', '900123', '09-00123'],
    ['00\\-00000', '900123', '09-00123'],
    ['"CR-"0000', '12', 'CR-0012'],
    ['0000', '123456', '123456'],
    ['00000', '-5', '-5'],
    ['00000', '1.5', '1.5'],
    ['0', '5', '5'],
    ['#,##0.00', '1234.5', '1234.5'],
    ['0%', '0.5', '0.5'],
    ['#,##0 "days"', '5', '5'],
    ['m/d/yyyy', '46402', '2027-01-15'],
    ['[$-409]mmmm d, yyyy;@', '46402', '2027-01-15'],
    ['yyyy-mm-dd hh:mm:ss.000', '46402.354166666664', '2027-01-15 08:30:00'],
    ['h:mm AM/PM', '0.75', '18:00:00'],
    ['[h]:mm', '1.5', '36:00:00'],
    ['mmm-yy', '46402', '2027-01-15'],
    ['m/d/yyyy', '1', '1900-01-01'],
    ['m/d/yyyy', '59', '1900-02-28'],
    ['m/d/yyyy', '61', '1900-03-01'],
    ['m/d/yyyy', '-1', '-1'],
    ['m/d/yyyy', '9999999', '9999999'],
    ['m/d/yyyy', '2958465', '9999-12-31'],
    ['General;[Red]-General', '12', '12'],
    ['_(* #,##0_);_(* (#,##0);_(@_)', '12', '12'],
  ]
  for (const [format, raw, expected] of cases) {
    it(`shows ${raw} by ${format} as ${expected}`, () => {
      assert.deepEqual(write(raw, judgeFormat(format)), { text: expected })
    })
  }

  it('says where digits are lost', () => {
    assert.equal(write('12345678901234567890', { kind: 'plain' }).isDamaged, true)
    assert.equal(write('1.23456789012346E+15', { kind: 'plain' }).isDamaged, true)
    assert.equal(write('9007199254740992', { kind: 'plain' }).isDamaged, true)
    assert.equal(write('9007199254740991', { kind: 'plain' }).isDamaged, undefined)
  })
})
