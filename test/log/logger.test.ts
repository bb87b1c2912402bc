import assert from 'node:assert/strict'
import { Writable } from 'node:stream'
import { createLogger } from '../../src/log/index.ts'

function capture(format: 'json' | 'pretty' = 'json') {
  const lines: string[] = []
  const stream = new Writable({
    decodeStrings: false,
    write: (chunk: string, _encoding, done) => {
      lines.push(chunk)
      done()
    },
  })
  return { lines, log: createLogger({ level: 'debug', format, stream }) }
}

describe('createLogger', () => {
  it('writes one JSON object a line, with children adding fields and the inner one winning', () => {
    const { lines, log } = capture()
    log
      .child({ component: 'a', uploadId: 'u' })
      .child({ component: 'b' })
      .info('upload received', { bytes: 7 })
    assert.equal(lines.length, 1)
    const line = JSON.parse(lines[0]!) as Record<string, unknown>
    assert.equal(line['message'], 'upload received')
    assert.deepEqual([line['component'], line['uploadId'], line['bytes']], ['b', 'u', 7])
  })

  it('spells out an error with its code and its causes', () => {
    const { lines, log } = capture()
    log.error('import failed', {
      err: new Error('outer', { cause: Object.assign(new Error('inner'), { code: '40P01' }) }),
    })
    const { err } = JSON.parse(lines[0]!) as {
      err: { message: string; stack: string; cause: { message: string; code: string } }
    }
    assert.equal(err.message, 'outer')
    assert.ok(err.stack.includes('logger.test'))
    assert.deepEqual([err.cause.message, err.cause.code], ['inner', '40P01'])
  })

  it('masks secrets, passwords in addresses, e-mail addresses and phones, at any depth', () => {
    const { lines, log } = capture()
    log.warn('odd', {
      databaseUrl: 'postgres://a:b@c/d',
      detail: {
        password: 'hunter2',
        list: [
          'postgres://court:hunter2@db/x',
          'ana@example.org',
          '(512) 555-0142',
          '+15125550142',
          '512-555-0143',
        ],
      },
      err: new Error('no route to +15125550142'),
    })
    assert.doesNotMatch(lines[0]!, /hunter2|ana@|555.?014/)
    assert.match(lines[0]!, /postgres:\/\/court:\*\*\*@db/)
  })

  it('masks the names that senders gave their files, where an error quotes a path', () => {
    const { lines, log } = capture()
    const folder = '/var/lib/docketdrop/agencies/travis/inbox'
    log.warn('not moved', {
      err: new Error(
        `EACCES: permission denied, rename '${folder}/O'Brien Ana.csv' -> '${folder}/x'`,
      ),
    })
    assert.doesNotMatch(lines[0]!, /Brien|Ana/)
    assert.match(lines[0]!, /agencies\/travis\/inbox\/\*\*\*/)
  })

  it('leaves ids, times and counts alone', () => {
    const { lines, log } = capture()
    const fields = {
      uploadId: '01a20a37-054f-7639-a60d-0eee7b1c2964',
      at: '2026-11-23T21:00:00.000Z',
      bytes: 15_125_550_142,
      address: '127.0.0.1',
    }
    log.info('fine', fields)
    const line = JSON.parse(lines[0]!) as Record<string, unknown>
    for (const [key, value] of Object.entries(fields)) assert.equal(line[key], value)
  })

  it('cannot be made to forge a line', () => {
    const { lines, log } = capture()
    log.info('refused', { name: 'x\n{"message":"ready"}' })
    assert.equal(lines.join('').trimEnd().split('\n').length, 1)
  })

  it('keeps the words of PostgreSQL and of parsers out, since they quote cells, but not their code and place', () => {
    const { lines, log } = capture()
    const cell = 'Ana Lee 12/15/2026'
    log.error('put back', {
      err: Object.assign(new Error(`invalid input syntax for type date: "${cell}"`), {
        code: '22007',
      }),
      other: new Error('import failed', { cause: new RangeError(`invalid string: ${cell}`) }),
    })
    assert.doesNotMatch(lines[0]!, /Ana Lee/)
    assert.match(lines[0]!, /22007/)
    assert.match(lines[0]!, /import failed/)
    assert.match(lines[0]!, /logger\.test/)
  })
})
