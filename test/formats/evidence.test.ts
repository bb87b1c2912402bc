import assert from 'node:assert/strict'
import exceljs from 'exceljs'
import fc from 'fast-check'
import iconv from 'iconv-lite'
import { examineFile } from '../../src/formats/index.ts'
import type { Evidence } from '../../src/formats/index.ts'
import { useTempFiles } from './temp-files.ts'

const files = useTempFiles()

const examine = async (content: string | Uint8Array, fileName = 'a.csv'): Promise<Evidence> =>
  (await examineFile(await files.write(content), { fileName })).evidence

const names = ['SMITH, JOHN', 'JONES, MARY ANN', "O'BRIEN, PAT", 'PEÑA, JOSÉ', 'LEE, KIM']

/** A night's file: `end` is its last column, where a cut is hardest to see. */
function makeRows(count: number, end: (at: number) => string): string[][] {
  const rows = Array.from({ length: count }, (_, at) => [
    `P${String(at * 37).padStart(6, '0')}`,
    names[at % names.length] ?? '',
    `${(at % 12) + 1}/15/2027`,
    at % 3 === 0 ? '' : '8:30 AM',
    end(at),
  ])
  return [['Party ID', 'Name', 'Hearing Date', 'Hearing Time', 'Last'], ...rows]
}

const caseNumber = (at: number) => `CR-2027-${String(at * 13).padStart(6, '0')}`
const status = (at: number) => ['Scheduled', 'Reset', 'Vacated'][at % 3] ?? ''
const freeText = (at: number) => `Note ${'abcdefghijklmnopqrstuvwxyz'.slice(0, (at * 7) % 26)}`

const quoteComma = (cells: string[]) =>
  cells.map((cell) => (cell.includes(',') ? `"${cell}"` : cell)).join(',')

interface Kind {
  readonly name: string
  readonly make: (count: number) => Promise<Buffer>
  /** Is the last column such that every cut in it must be seen? */
  readonly isSharp: boolean
}

const kinds: readonly Kind[] = [
  {
    name: 'CSV with case numbers last',
    make: (count) =>
      Promise.resolve(
        Buffer.from(makeRows(count, caseNumber).map(quoteComma).join('\r\n') + '\r\n'),
      ),
    isSharp: true,
  },
  {
    name: 'CSV with notes last',
    make: (count) =>
      Promise.resolve(Buffer.from(makeRows(count, freeText).map(quoteComma).join('\n') + '\n')),
    isSharp: false,
  },
  {
    name: 'pipes, UTF-16LE, dashes and a footer',
    make: (count) => {
      const [header = [], ...rows] = makeRows(count, status)
      const lines = [header, header.map((cell) => '-'.repeat(cell.length)), ...rows]
      const text = `${lines.map((cells) => cells.join('|')).join('\r\n')}\r\n\r\n(${count} rows affected)\r\n`
      return Promise.resolve(iconv.encode(text, 'utf-16le', { addBOM: true }))
    },
    isSharp: true,
  },
  {
    name: 'semicolons, windows-1252, a trailer record',
    make: (count) => {
      const text = `${makeRows(count, caseNumber)
        .map((cells) => cells.join(';'))
        .join('\r\n')}\r\nTRAILER;${count}\r\n`
      return Promise.resolve(iconv.encode(text, 'windows-1252'))
    },
    isSharp: true,
  },
  {
    name: 'all cells quoted, line breaks inside',
    make: (count) =>
      Promise.resolve(
        Buffer.from(
          makeRows(count, (at) => `one\ntwo ${at}`)
            .map((cells) => cells.map((cell) => `"${cell}"`).join(','))
            .join('\r\n') + '\r\n',
        ),
      ),
    isSharp: true,
  },
  {
    name: 'XLSX',
    async make(count) {
      const book = new exceljs.Workbook()
      book.addWorksheet('Report').addRows(makeRows(count, caseNumber))
      return Buffer.from(await book.xlsx.writeBuffer())
    },
    isSharp: true,
  },
]

/** Does the cut fall on a border of records, or take away nothing but a line end or a part of the trailer? */
function isHarmless(whole: Buffer, cut: number, kind: Kind): boolean {
  if (kind.name === 'XLSX') return false
  const encoding = kind.name.includes('UTF-16') ? 'utf-16le' : 'latin1'
  const [before, after] = [whole.subarray(0, cut), whole.subarray(cut)].map((part) =>
    iconv.decode(part, encoding),
  )
  if (before === undefined || after === undefined) return false
  if (encoding === 'utf-16le' && cut % 2 === 1) return false
  const isInsideQuotes = kind.name.startsWith('all') && (before.split('"').length - 1) % 2 === 1
  if (isInsideQuotes) return false
  const isBorder = before.endsWith('\n') || /^(\r\n|\n)/.test(after)
  const isTrailer = /\r\n(\r\n|\(|TRAILER)/.test(before.slice(-30)) && before.length > 300
  return isBorder || isTrailer
}

describe('examineFile on truncated files', () => {
  for (const kind of kinds) {
    it(`finds a cut anywhere that is not a record border: ${kind.name}`, async () => {
      const whole = await kind.make(120)
      assert.equal((await examine(whole)).verdict, 'complete')
      await fc.assert(
        fc.asyncProperty(
          fc.integer({ min: Math.floor(whole.length / 2), max: whole.length - 1 }),
          async (cut) => {
            const { verdict, findings } = await examine(whole.subarray(0, cut), 'a.xlsx')
            if (isHarmless(whole, cut, kind)) return
            const allowed = kind.isSharp ? ['missing'] : ['missing', 'weak']
            assert.ok(allowed.includes(verdict), `${verdict} at ${cut}: ${findings.join(' ')}`)
          },
        ),
        { numRuns: 150 },
      )
    })
  }

  it('finds a cut on a block of the transfer in a column of free text', async () => {
    const text = makeRows(2000, freeText).map(quoteComma).join('\n')
    const evidence = await examine(Buffer.from(text, 'latin1').subarray(0, 65_536))
    assert.equal(evidence.verdict, 'missing')
  })

  it('finds a line end that is half there', async () => {
    assert.equal((await examine('a,b\r\n1,2\r\n3,4\r')).verdict, 'missing')
  })

  it('finds a character that is half there, but not in windows-1252', async () => {
    const utf8 = Buffer.from('id,name\n1,Peña\n2,José')
    assert.equal((await examine(utf8.subarray(0, -1))).verdict, 'missing')
    const latin = Buffer.from('id,name\n1,Pe\xf1a\n2,Jos\xe9', 'latin1')
    assert.equal((await examine(latin)).verdict, 'weak')
  })

  it('finds a trailer whose count was cut', async () => {
    const rows = makeRows(1234, caseNumber).map((cells) => cells.join('|'))
    assert.equal((await examine(`${rows.join('\n')}\nTRAILER|12`)).verdict, 'missing')
    const whole = await examine(`${rows.join('\n')}\nTRAILER|1234`)
    assert.equal(whole.verdict, 'complete')
    assert.equal(whole.trailer, 'trailer record')
  })

  it('holds a trailer that counts other rows than there are, even with a line end', async () => {
    const head = `a,b,c,d,e\n${'1,2,3,4,5\n'.repeat(40)}`
    for (const line of [
      'TRL,60',
      'TRL,12',
      'TRAILER,60,2026-11-23',
      '(60 rows affected)',
      'Total Records: 60',
    ]) {
      const evidence = await examine(`${head}${line}\n`)
      assert.equal(evidence.verdict, 'missing', line)
      assert.equal(evidence.isContradicted, true, line)
    }
    const small = await examine('a,b,c\n1,2,3\n4,5,6\nTRL,5\n')
    assert.equal(small.isContradicted, true)
  })

  it('lets a trailer count header, trailer, lines within cells, cases or a day', async () => {
    const head = `a,b,c,d,e\n${'1,2,3,4,5\n'.repeat(40)}`
    for (const line of [
      'TRL,40',
      'TRL,41',
      'TRL,42',
      'TRL,20261123',
      'TRL,20261123,40',
      'Total cases: 60',
      'Total: 1234',
      'Record Count: 7',
    ]) {
      const { verdict, findings } = await examine(`${head}${line}\n`)
      assert.equal(verdict, 'complete', `${line}: ${findings.join(' ')}`)
    }
    const notes = `a,b,c\n${'1,"x\ny\nz",3\n'.repeat(10)}TRL,31\n`
    assert.equal((await examine(notes)).verdict, 'complete')
  })

  it('finds a cut in the fourth row of a first file, and on a block of any usual size', async () => {
    const few = 'id,case\n1,CR-0001\n2,CR-0002\n3,CR-0003\n4,CR-0'
    assert.equal((await examine(few)).verdict, 'missing')
    assert.equal((await examine(few.slice(0, -4))).verdict, 'missing')
    for (const size of [4096, 16_384, 255 * 1024]) {
      const text = makeRows(size / 20, freeText)
        .map(quoteComma)
        .join('\n')
      const cut = Buffer.from(text, 'latin1').subarray(0, size)
      assert.equal((await examine(cut)).verdict, 'missing', String(size))
    }
  })

  it('does not take the beginning of a record for a trailer', async () => {
    const traffic = Array.from({ length: 40 }, (_, at) => `T|${1200 + at}|SMITH|1/1/2027`)
    const head = `Kind|Id|Name|Date\n${traffic.join('\n')}\n`
    assert.equal((await examine(`${head}T|12`)).verdict, 'missing')
    assert.equal((await examine(`${head}T|40`)).verdict, 'complete')
    assert.equal((await examine(`${head}END`)).verdict, 'missing')
    assert.equal((await examine(`${head}END\n`)).verdict, 'complete')
  })

  it('finds a quote that is open at the end', async () => {
    const evidence = await examine('a,b\n1,"x"\n2,"note\nof two lines\n')
    assert.equal(evidence.verdict, 'missing')
    assert.match(evidence.findings.join(' '), /line 3/)
  })
})

describe('examineFile on whole files', () => {
  const rows = makeRows(30, caseNumber)
  const lines = rows.map(quoteComma)
  const good: [string, string, Evidence['verdict']][] = [
    ['with a final line end', `${lines.join('\r\n')}\r\n`, 'complete'],
    ['without a final line end, which is weak', lines.join('\r\n'), 'weak'],
    ['with blank lines at the end', `${lines.join('\n')}\n\n\n`, 'complete'],
    ['with a Ctrl-Z at the end', `${lines.join('\r\n')}\r\n\x1a`, 'complete'],
    ['with a header only', 'a,b,c\r\n', 'complete'],
    ['with a header only and no line end', 'a,b,c', 'complete'],
    ['with one record', 'a,b,c\r\n1,2,3\r\n', 'complete'],
    ['with title rows and one record', 'Report\nBy me\n\na,b,c\n1,2,3\n', 'complete'],
    ['with one column', 'a\n1\n2\n3\n', 'complete'],
    ['with blank cells at the end', 'a,b,c\n1,2,\n3,,\n,,\n', 'complete'],
    ['with a footer nobody knows', `${lines.join('\n')}\n\nOffice of the clerk\n`, 'complete'],
    ['with a page footer and no line end', `${lines.join('\n')}\nPage 3 of 3`, 'complete'],
    ['with a stray quote in the middle', 'a,b\n1,"x\n2,y\n3,z\n', 'complete'],
    ['with quotes inside cells at the end', 'a,b\n1,x\n2,5\'10"\n', 'complete'],
    ['with CR alone', 'a,b\r1,2\r3,4\r', 'complete'],
    ['with rows that drop blank cells', 'a,b,c\n1,2,3\n1,2\n1,2,3\n1,2,3\n1,2\n', 'complete'],
    [
      'with a value that is new in its column',
      `${lines.join('\n')}\nP1,A,1/1/2027,,TR-1\n`,
      'complete',
    ],
    ['of blank lines', '\n\n\n', 'complete'],
  ]
  for (const [name, content, verdict] of good) {
    it(`holds none ${name}`, async () => {
      const evidence = await examine(content)
      assert.equal(evidence.verdict, verdict, evidence.findings.join(' '))
    })
  }

  it('holds none of 300 files of all kinds, with and without final line end', async () => {
    for (let at = 0; at < 50; at += 1) {
      for (const kind of kinds) {
        const whole = await kind.make(at === 0 ? 1 : at * 3)
        const isBare = at % 2 === 1 && kind.name !== 'XLSX'
        const unit = kind.name.includes('UTF-16') ? 2 : 1
        const lineEnd = whole.subarray(-2 * unit).includes(13) ? 2 * unit : unit
        const { verdict, findings } = await examine(isBare ? whole.subarray(0, -lineEnd) : whole)
        assert.notEqual(verdict, 'missing', `${kind.name}, ${at}: ${findings.join(' ')}`)
        if (!isBare) assert.equal(verdict, 'complete')
      }
    }
  })

  it('tells the figures', async () => {
    const { evidence, bytes } = await examineFile(await files.write('a|b\n1|2\n3|4'), {
      fileName: 'x.txt',
    })
    assert.equal(bytes, 11)
    assert.deepEqual(
      { ...evidence, findings: evidence.findings.length },
      {
        verdict: 'weak',
        findings: 1,
        kind: 'txt',
        hasFinalLineEnd: false,
        trailer: null,
        records: 3,
        lastWidth: 2,
        usualWidth: 2,
      },
    )
  })
})
