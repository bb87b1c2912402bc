import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import fc from 'fast-check'
import iconv from 'iconv-lite'
import { openTable, toCsvLine } from '../../src/formats/index.ts'
import { createDecoder } from '../../src/formats/create-decoder.ts'
import { parseCells } from '../../src/formats/readers/parse-cells.ts'
import { createRecordSplitter } from '../../src/formats/readers/split-records.ts'
import type { RawRow } from '../../src/formats/index.ts'
import { readCells, readTable, useTempFiles } from './temp-files.ts'

const files = useTempFiles()

const problems = (rows: readonly RawRow[]) =>
  rows.flatMap(({ row, line, problem }) => (problem ? [{ row, line, code: problem.code }] : []))

describe('text reader: encodings', () => {
  const text = 'id,name\r\n1,José Peña’s\r\n2,Zoë\r\n'
  const cells = [
    ['id', 'name'],
    ['1', 'José Peña’s'],
    ['2', 'Zoë'],
  ]
  const cases: [string, Buffer, string][] = [
    ['UTF-8', Buffer.from(text), 'utf-8'],
    ['UTF-8 with a mark', Buffer.from(`\uFEFF${text}`), 'utf-8'],
    ['UTF-16LE with a mark', iconv.encode(text, 'utf-16le', { addBOM: true }), 'utf-16le'],
    ['UTF-16LE without a mark', iconv.encode(text, 'utf-16le'), 'utf-16le'],
    ['UTF-16BE with a mark', iconv.encode(text, 'utf-16be', { addBOM: true }), 'utf-16be'],
    ['UTF-16BE without a mark', iconv.encode(text, 'utf-16be'), 'utf-16be'],
    ['windows-1252', iconv.encode(text, 'windows-1252'), 'windows-1252'],
  ]
  for (const [name, bytes, encoding] of cases) {
    it(`reads ${name} and says so`, async () => {
      const { detected, rows } = await readTable(await files.write(bytes))
      assert.equal(detected.encoding, encoding)
      assert.deepEqual(
        rows.map((row) => row.cells),
        cells,
      )
    })
  }

  it('finds windows-1252 also where the only such byte is far behind the head of the file', async () => {
    const plain = 'id,name\n' + '1,SMITH\n'.repeat(20_000)
    const path = await files.write(Buffer.from(`${plain}2,O\x92Brien\n`, 'latin1'))
    const { detected, rows } = await readTable(path)
    assert.equal(detected.encoding, 'windows-1252')
    assert.deepEqual(rows.at(-1)?.cells, ['2', 'O’Brien'])
  })

  it('keeps a UTF-8 file UTF-8 when one row is broken, and rejects only that row', async () => {
    const bytes = Buffer.concat([
      Buffer.from('id,name\n1,Peña\n2,Zoë\n3,Gar'),
      Buffer.from([0xe7]),
      Buffer.from('on\n4,Núñez\n'),
    ])
    const { detected, rows } = await readTable(await files.write(bytes))
    assert.equal(detected.encoding, 'utf-8')
    assert.deepEqual(problems(rows), [{ row: 4, line: 4, code: 'ROW_TEXT_INVALID' }])
    assert.deepEqual(rows[4]?.cells, ['4', 'Núñez'])
  })

  it('refuses bytes that are not what the template names', async () => {
    const path = await files.write(Buffer.from('id,name\n1,Jos\xe9\n', 'latin1'))
    await assert.rejects(readTable(path, { encoding: 'utf-8' }), { code: 'ENCODING_INVALID' })
  })

  it('refuses a template encoding that the byte order mark denies', async () => {
    const path = await files.write('\uFEFFid,name\n1,José\n')
    await assert.rejects(readTable(path, { encoding: 'windows-1252' }), {
      code: 'ENCODING_INVALID',
    })
  })

  it('takes the encoding of the template where bytes fit several', async () => {
    const path = await files.write(Buffer.from('id,name\n1,Ã©\n'))
    const cellsRead = await readCells(path, { encoding: 'windows-1252' })
    assert.deepEqual(cellsRead[1], ['1', 'ÃƒÂ©'])
  })
})

describe('text reader: rows', () => {
  const read = async (text: string) => readTable(await files.write(text))

  it('numbers rows as a spreadsheet does and lines as an editor does', async () => {
    const { rows } = await read('a,b\n1,"x\r\ny"\n\n2,z\n')
    assert.deepEqual(rows, [
      { row: 1, line: 1, cells: ['a', 'b'] },
      { row: 2, line: 2, cells: ['1', 'x\r\ny'] },
      { row: 3, line: 4, cells: [] },
      { row: 4, line: 5, cells: ['2', 'z'] },
    ])
  })

  it('delivers a blank line as a row without cells, but not the end of the last line', async () => {
    const { rows } = await read('a,b\n1,2\n\n')
    assert.deepEqual(
      rows.map(({ cells }) => cells.length),
      [2, 2, 0],
    )
  })

  it('reads LF, CRLF and CR, also mixed, without leaving a CR in the last cell', async () => {
    const { rows } = await read('a,b\n1,2\r\n3,4\r5,6')
    assert.deepEqual(
      rows.map(({ cells }) => cells.join('-')),
      ['a-b', '1-2', '3-4', '5-6'],
    )
  })

  it('reads quotes inside unquoted cells as text', async () => {
    const { rows } = await read('id,name,height\n1,O"Brien,5\'10"\n2,"O""Neil, J",x\n')
    assert.deepEqual(rows[1]?.cells, ['1', 'O"Brien', '5\'10"'])
    assert.deepEqual(rows[2]?.cells, ['2', 'O"Neil, J', 'x'])
    assert.deepEqual(problems(rows), [])
  })

  it('reads quotes that should have been doubled, and text after a closing quote, and goes on', async () => {
    const { rows } = await read(
      'name,x\n"John "Johnny" Smith",1\n"abc"def,"2"\n"SMITH" ,3\nJONES,4\n',
    )
    assert.deepEqual(
      rows.slice(1).map(({ cells }) => cells),
      [
        ['John "Johnny" Smith', '1'],
        ['"abc"def', '2'],
        ['SMITH', '3'],
        ['JONES', '4'],
      ],
    )
  })

  it('rejects only the row in which a quote is never closed', async () => {
    const { rows } = await read('a,b,c\n1,"SMITH,x\n2,"JONES, A",y\n3,BROWN,z\n')
    assert.deepEqual(problems(rows), [{ row: 2, line: 2, code: 'ROW_MALFORMED' }])
    assert.deepEqual(
      rows.slice(2).map(({ cells }) => cells),
      [
        ['2', 'JONES, A', 'y'],
        ['3', 'BROWN', 'z'],
      ],
    )
  })

  it('rejects each line between two stray quotes instead of making one cell of them', async () => {
    const { rows } = await read('a,b,c,d\n1,"SMITH,x,y\n2,JONES,x,y\n3,BROWN",x,y\n4,GREEN,x,y\n')
    assert.deepEqual(
      problems(rows).map(({ line }) => line),
      [2, 3, 4],
    )
    assert.equal(rows.length, 5)
    assert.deepEqual(rows[4], { row: 5, line: 5, cells: ['4', 'GREEN', 'x', 'y'] })
  })

  it('keeps a row whose first and last cells have several lines each', async () => {
    const one = '"12 Main St\nSeattle",b,c,d,"first\nsecond"'
    const cells = await readCells(
      await files.write(`v,w,x,y,z\n${one}\n${'1,2,3,4,5\n'.repeat(9)}`),
    )
    assert.deepEqual(cells[1], ['12 Main St\nSeattle', 'b', 'c', 'd', 'first\nsecond'])
  })

  it('keeps an address of two lines that happens to split like a row', async () => {
    const { rows } = await read('id,address,x\n1,"12 Main St, Apt 4\nSeattle, WA",y\n')
    assert.deepEqual(rows[1]?.cells, ['1', '12 Main St, Apt 4\nSeattle, WA', 'y'])
    assert.deepEqual(problems(rows), [])
  })

  it('rejects a quote that is open for more than a row may be long, and reads the rest', async () => {
    const { rows } = await read(`a,b\n1,"SMITH\n${'2,JONES\n'.repeat(150_000)}`)
    assert.equal(rows.length, 150_002)
    assert.deepEqual(problems(rows), [{ row: 2, line: 2, code: 'ROW_MALFORMED' }])
  })

  it('refuses a line that is longer than a row may be, and says which', async () => {
    const path = await files.write(`a,b\n1,2\n${'x'.repeat(3_000_000)}\n`)
    await assert.rejects(readTable(path), { code: 'ROW_TOO_LONG', message: /line 3/ })
  })

  it('rejects a row with a NUL and keeps the others', async () => {
    const { rows } = await read(`id,name\n1,SM\0ITH\n${'2,JONES\n'.repeat(40)}`)
    assert.deepEqual(problems(rows), [{ row: 2, line: 2, code: 'ROW_TEXT_INVALID' }])
  })

  it('rejects a row of more than 2,000 cells', async () => {
    const { rows } = await read(`a,b\n${','.repeat(2_000)}\n1,2\n`)
    assert.deepEqual(problems(rows), [{ row: 2, line: 2, code: 'ROW_MALFORMED' }])
    assert.equal(rows[1]?.cells.length, 2_000)
  })

  it('drops a Ctrl-Z at the end and gives leading blank lines as rows', async () => {
    const { rows } = await read('\r\n\r\na,b\r\n1,2\r\n\x1a')
    assert.deepEqual(
      rows.map(({ cells }) => cells),
      [[], [], ['a', 'b'], ['1', '2']],
    )
    const glued = await read('a,b\n1,2\x1a')
    assert.deepEqual(glued.rows[1]?.cells, ['1', '2'])
  })

  it('keeps ragged rows as they are', async () => {
    const { rows } = await read('a,b,c\n1,2\n1,2,3,4\n')
    assert.deepEqual(
      rows.map(({ cells }) => cells.length),
      [3, 2, 4],
    )
  })

  it('changes no value: zeros, exponents, formulas, names of object properties', async () => {
    const cells = ['0012', '1e5', '=1+1', '__proto__', 'constructor', '+15555550100']
    const { rows } = await read(`${cells.join(',')}\n${cells.join(',')}\n`)
    assert.deepEqual(rows[1]?.cells, cells)
  })

  it('hashes the bytes it reads, also when it was left early', async () => {
    const text = 'a,b\n' + '1,2\n'.repeat(200_000)
    const path = await files.write(text)
    const expected = createHash('sha256').update(text).digest('hex')
    assert.equal((await readTable(path)).sha256, expected)
    const reader = await openTable(path)
    for await (const rows of reader.batches()) {
      assert.ok(rows.length > 0)
      break
    }
    assert.equal(await reader.sha256(), expected)
  })
})

describe('text reader: delimiters', () => {
  it('chooses by agreement of column counts, not by how often a character occurs', async () => {
    const path = await files.write(
      'Name|Case|Notes\nSmith, John|1|a, b, c\nJones, Mary|2|d, e\nBrown, A|3|\n',
    )
    const { detected, rows } = await readTable(path)
    assert.equal(detected.delimiter, '|')
    assert.deepEqual(rows[1]?.cells, ['Smith, John', '1', 'a, b, c'])
  })

  for (const delimiter of [',', '|', ';', '\t', '^']) {
    it(`finds ${JSON.stringify(delimiter)}`, async () => {
      const rows = [
        ['id', 'name', 'room'],
        ['1', 'SMITH', '2B'],
        ['2', 'JONES', '3'],
      ]
      const text = rows.map((cells) => cells.join(delimiter)).join('\r\n')
      const table = await readTable(await files.write(text))
      assert.equal(table.detected.delimiter, delimiter)
      assert.deepEqual(
        table.rows.map(({ cells }) => cells),
        rows,
      )
    })
  }

  it('obeys a sep= line, which a spreadsheet does not show as a row', async () => {
    const { detected, rows } = await readTable(await files.write('sep=;\r\na;b,c\r\n1;2,5\r\n'))
    assert.equal(detected.delimiter, ';')
    assert.deepEqual(rows[0], { row: 1, line: 2, cells: ['a', 'b,c'] })
  })

  it('reads quotes as text where the template says none', async () => {
    const path = await files.write('a|b\n"x|y"\n')
    assert.deepEqual((await readCells(path, { quote: 'none' }))[1], ['"x', 'y"'])
  })

  it('is not misled by title rows', async () => {
    const path = await files.write(
      'Hearings, all divisions, 2027\nPrinted: 1/1/2027\n\nid;name;date;x\n1;a;b;c\n2;a;b;c\n3;a;b;c\n',
    )
    assert.equal((await readTable(path)).detected.delimiter, ';')
  })
})

describe('text reader: any bytes', () => {
  const cell = fc.string({
    unit: fc.constantFrom('a', 'é', '"', "'", ',', '|', '\r', '\n', ' ', '1'),
    maxLength: 6,
  })
  const record = fc.array(cell, { minLength: 1, maxLength: 5 })

  it('gives back what was written', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(record, { minLength: 1, maxLength: 20 }), async (records) => {
        const path = await files.write(records.map((cells) => toCsvLine(cells)).join(''))
        const { rows } = await readTable(path, { delimiter: ',', encoding: 'utf-8' })
        // Cells that look like records glued by stray quotes are rejected by design, line by line.
        if (problems(rows).length === 0) {
          assert.deepEqual(
            rows.map(({ cells }) => cells),
            records,
          )
        }
      }),
      { numRuns: 200 },
    )
  })

  it('gives the same rows however the bytes are cut into pieces, and every line exactly once', () => {
    const messy = fc.string({
      unit: fc.constantFrom('a', '"', '"', ',', '\n', '\r', '\x1a', 'é'),
      maxLength: 60,
    })
    fc.assert(
      fc.property(
        messy,
        fc.array(fc.nat(60), { maxLength: 12 }),
        fc.nat(4),
        (text, cuts, width) => {
          const bytes = Buffer.from(text)
          const dialect = { delimiter: ',', quote: '"' }
          const read = (places: number[]) => {
            const decoder = createDecoder('utf-8', false)
            const splitter = createRecordSplitter(dialect, width)
            const edges = [0, ...places.sort((a, b) => a - b), bytes.length]
            const records = edges
              .slice(1)
              .flatMap((edge, at) => splitter.push(decoder.decode(bytes.subarray(edges[at], edge))))
            records.push(...splitter.push(decoder.finish()), ...splitter.finish())
            return records
          }
          const whole = read([])
          assert.deepEqual(read(cuts.filter((cut) => cut <= bytes.length)), whole)
          const parsed = parseCells(whole, 1, dialect)
          assert.equal(parsed.length, whole.length)
          const lines = text.replace(/\x1a$/, '').split(/\r\n|\n|\r/)
          if (lines.at(-1) === '') lines.pop()
          const seen = whole.flatMap((one) => one.text.split(/\r\n|\n|\r/))
          assert.deepEqual(seen, lines)
        },
      ),
      { numRuns: 2000 },
    )
  })
})
