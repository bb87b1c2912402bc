import assert from 'node:assert/strict'
import fc from 'fast-check'
import { AccessError, AppError } from '../../src/errors/index.ts'
import {
  areas,
  assertCreatable,
  assertWritable,
  isNameable,
  isVisible,
  normalisePath,
  resolvePath,
} from '../../src/sftp/jail.ts'
import type { Place } from '../../src/sftp/jail.ts'

const plain = { alias: null, isPushOnly: false }
const aliased = { alias: '/home/ubuntu', isPushOnly: false }

function resolve(
  path: string | Buffer,
  tenant = plain as { alias: string | null; isPushOnly: boolean },
) {
  return resolvePath(tenant, Buffer.from(path))
}

function area(name: Extract<Place, { kind: 'area' }>['area'], ...segments: string[]): Place {
  return { kind: 'area', area: name, segments }
}

const root: Place = { kind: 'virtual', entries: ['inbox', 'processed', 'error', 'outbox'] }
const refused = (code: string) => (error: unknown) =>
  error instanceof AppError && error.code === code

describe('jail', () => {
  const paths: [string, Place][] = [
    ['', area('inbox')],
    ['.', area('inbox')],
    ['a.csv', area('inbox', 'a.csv')],
    ['./x//y/', area('inbox', 'x', 'y')],
    ['..', root],
    ['/', root],
    ['//', root],
    ['/..', root],
    ['/../../..', root],
    ['../../../../etc/passwd', area('inbox', 'etc', 'passwd')],
    ['/inbox', area('inbox')],
    ['/inbox/../processed/./2026-11-23/', area('processed', '2026-11-23')],
    ['../error/a.csv', area('error', 'a.csv')],
    ['/outbox/a/../../error', area('error')],
    ['/inboxes', area('inbox', 'inboxes')],
    ['/INBOX', area('inbox', 'INBOX')],
    ['/a.csv', area('inbox', 'a.csv')],
    ['/inbox/inbox', area('inbox', 'inbox')],
    ['a\\..\\b', area('inbox', 'a\\..\\b')],
    ['...', area('inbox', '...')],
    ['.in.a.csv', area('inbox', '.in.a.csv')],
  ]
  for (const [path, place] of paths) {
    it(`leads ${JSON.stringify(path)} to ${JSON.stringify(place)}`, () => {
      assert.deepEqual(resolve(path), place)
    })
  }

  it('leads the alias, and all below it, to the inbox', () => {
    assert.deepEqual(resolve('/home/ubuntu', aliased), area('inbox'))
    assert.deepEqual(resolve('/home/ubuntu/a.csv', aliased), area('inbox', 'a.csv'))
    assert.deepEqual(resolve('/home/ubuntu/../ubuntu/d/a', aliased), area('inbox', 'd', 'a'))
  })

  it('shows the folders above the alias as folders with nothing else in them', () => {
    assert.deepEqual(resolve('/home', aliased), { kind: 'virtual', entries: ['ubuntu'] })
    assert.deepEqual(resolve('/home/ubuntu/..', aliased), { kind: 'virtual', entries: ['ubuntu'] })
  })

  it('does not take a name that begins like the alias for it', () => {
    assert.deepEqual(resolve('/home/ubuntu2/a', aliased), area('inbox', 'home', 'ubuntu2', 'a'))
  })

  it('takes both Unicode forms of a name for the same file', () => {
    assert.deepEqual(resolve('re\u0301sume\u0301.csv'), resolve('r\u00e9sum\u00e9.csv'))
  })

  for (const [what, path] of [
    ['a NUL', 'a\0b'],
    ['a newline', 'a\nb'],
    ['a C1 control character', 'a\u0085b'],
    ['a text direction override', 'a\u202evsc.exe'],
    ['a line separator', 'a\u2028b'],
    ['bytes that are not UTF-8', Buffer.from([0x61, 0xff, 0xfe])],
    ['the replacement character itself', 'a\ufffd'],
    ['a control character in a folder that is left again', 'a\u0001/../b'],
    ['a path above 4096 bytes', 'a/../'.repeat(900)],
    ['a name above 255 bytes', 'é'.repeat(128)],
    ['more than 16 folders', Array.from({ length: 17 }, () => 'd').join('/')],
  ] as const) {
    it(`refuses ${what}`, () => {
      assert.throws(() => resolve(path), refused('PATH_INVALID'))
    })
  }

  it('takes a name of 255 bytes', () => {
    assert.deepEqual(resolve('n'.repeat(255)), area('inbox', 'n'.repeat(255)))
  })

  it('never leads out of the four folders, whatever the path', () => {
    const part = fc.oneof(
      fc.constantFrom(
        '..',
        '.',
        '',
        '...',
        'inbox',
        'processed',
        'home',
        'ubuntu',
        '\\',
        '~',
        '..\\..',
      ),
      fc.string({ maxLength: 6 }),
    )
    const path = fc.array(part, { maxLength: 20 }).map((parts) => parts.join('/'))
    const leading = fc.constantFrom('', '/', '//', '../')
    fc.assert(
      fc.property(leading, path, fc.constantFrom(plain, aliased), (start, rest, tenant) => {
        let place: Place
        try {
          place = resolve(start + rest, tenant)
        } catch (error) {
          assert.ok(error instanceof AppError && error.code === 'PATH_INVALID')
          return
        }
        if (place.kind === 'virtual') return
        assert.ok(areas.includes(place.area))
        for (const segment of place.segments) {
          assert.ok(!['', '.', '..'].includes(segment) && !/[/\0]/.test(segment), segment)
        }
      }),
      { numRuns: 5000 },
    )
  })

  it('finds the place of what it normalised itself: a path and its REALPATH are one', () => {
    fc.assert(
      fc.property(
        fc.array(fc.constantFrom('..', '.', 'a', 'inbox', 'error'), { maxLength: 8 }),
        (parts) => {
          const path = parts.join('/')
          const real = `/${normalisePath(Buffer.from(path)).join('/')}`
          assert.deepEqual(resolve(real), resolve(path))
        },
      ),
    )
  })

  it('lets things be made and changed below the inbox only', () => {
    assert.deepEqual(assertCreatable(resolve('a.csv')), ['a.csv'])
    assert.deepEqual(assertWritable(resolve('/x/a.csv')), ['x', 'a.csv'])
    for (const path of ['/', '/inbox', '/processed/a', '/error/a', '/outbox/a', '/outbox']) {
      assert.throws(() => assertCreatable(resolve(path)), AccessError, path)
      assert.throws(() => assertWritable(resolve(path)), AccessError, path)
    }
  })

  it('refuses new names with a backslash and names that only the server gives', () => {
    for (const path of ['a\\b.csv', 'a.receipt.json', '.spool', 'd/.journal', '.spool/x']) {
      assert.throws(() => assertCreatable(resolve(path)), refused('PATH_INVALID'), path)
    }
    assert.deepEqual(assertWritable(resolve('a\\b.csv')), ['a\\b.csv'])
  })

  it('hides from a push-only account what others sent, but not receipts', () => {
    const pushOnly = { alias: null, isPushOnly: true }
    for (const name of ['processed', 'error'] as const) {
      assert.equal(isVisible(pushOnly, name, 'a__12345678.csv'), false)
      assert.equal(isVisible(pushOnly, name, 'a__12345678.rejects.csv'), false)
      assert.equal(isVisible(pushOnly, name, 'a__12345678.receipt.json'), true)
      assert.equal(isVisible(plain, name, 'a__12345678.csv'), true)
    }
    assert.equal(isVisible(pushOnly, 'inbox', 'a.csv'), true)
  })

  it('leaves names out of listings that no path could name', () => {
    assert.equal(isNameable('a b.csv'), true)
    assert.equal(isNameable('a\nb'), false)
  })
})
