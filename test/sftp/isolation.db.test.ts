import assert from 'node:assert/strict'
import { createHash, randomBytes } from 'node:crypto'
import { lstatSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import fc from 'fast-check'
import { before } from 'mocha'
import type { Area } from '../../src/inbox/index.ts'
import { connectClient, createClientKey, encodePacket } from '../support/ssh-session.ts'
import type { Field, RawReply, Target } from '../support/ssh-session.ts'
import { flags, openPeer, stringOf, types } from './raw-peer.ts'
import type { OpenedPeer } from './raw-peer.ts'
import { useHouse } from './sftp-house.ts'

const isLong = process.env['TEST_SIZE'] === 'long'
/** Paths in all; each is tried by both agencies, half of them by each. */
const paths = isLong ? 100_000 : 3000
const seed = 20261124
const areas: readonly Area[] = ['inbox', 'processed', 'error', 'outbox']

/** Whose names are whose: each agency's files carry its own mark, and so does what belongs to no agency. */
const marks = {
  acme: `CANARY-${randomBytes(8).toString('hex')}`,
  other: `CANARY-${randomBytes(8).toString('hex')}`,
  outside: `CANARY-${randomBytes(8).toString('hex')}`,
}

/** What stands in the files; never part of a path, so that a reply cannot be an echo. */
const secrets = {
  acme: `SECRET-${randomBytes(8).toString('hex')}`,
  other: `SECRET-${randomBytes(8).toString('hex')}`,
  outside: `SECRET-${randomBytes(8).toString('hex')}`,
}

function createPaths(absolute: readonly string[]): fc.Arbitrary<Buffer> {
  const known = ['inbox', 'processed', 'error', 'outbox', 'acme', 'other', 'agencies', 'home']
  const places = [
    'spool',
    'journal',
    'keys',
    'outside',
    'etc',
    'passwd',
    'proc',
    'self',
    'root',
    'fd',
    '3',
    'cwd',
  ]
  const files = ['own.csv', 'folder', 'x.csv', ...Object.values(marks).map((mark) => `${mark}.csv`)]
  const climbing = [
    '..',
    '..',
    '..',
    '.',
    '',
    '...',
    '....',
    '%2e%2e',
    '..%2f',
    '..\\',
    '\\..\\',
    '..;',
    '․․',
    '．．',
    '~',
    '~other',
    'C:',
    '..\u0000',
  ]
  const part = fc.oneof(
    { weight: 4, arbitrary: fc.constantFrom(...climbing).map((text) => Buffer.from(text)) },
    { weight: 3, arbitrary: fc.constantFrom(...known).map((text) => Buffer.from(text)) },
    { weight: 2, arbitrary: fc.constantFrom(...files, ...places).map((text) => Buffer.from(text)) },
    { weight: 1, arbitrary: fc.uint8Array({ maxLength: 4 }).map((bytes) => Buffer.from(bytes)) },
    {
      weight: 1,
      arbitrary: fc.constantFrom(
        Buffer.from([0xc0, 0xae, 0xc0, 0xae]),
        Buffer.from([0xe0, 0x80, 0xae]),
      ),
    },
  )
  const start = fc.oneof(
    fc.constantFrom('', '/', '//', '../', './', '/inbox/', '/processed/../', '/outbox/../../'),
    fc.constantFrom(
      ...absolute,
      ...absolute.map((path) => `/inbox/../../../../../../../..${path}`),
    ),
  )
  const slash = fc.constantFrom('/', '/', '/', '//', '/./')
  return fc.tuple(start, slash, fc.array(part, { maxLength: 7 })).map(([begin, between, parts]) => {
    const joined = parts.flatMap((bytes, at) =>
      at === 0 ? [bytes] : [Buffer.from(between), bytes],
    )
    return Buffer.concat([Buffer.from(begin), ...joined])
  })
}

/** Every request that names something. What they open is read, written and closed afterwards. */
function requestsFor(path: Buffer): [type: number, ...fields: Field[]][] {
  return [
    [types.STAT, path],
    [types.LSTAT, path],
    [types.REALPATH, path],
    [types.OPEN, path, flags.read, 0],
    [types.OPENDIR, path],
    [types.READLINK, path],
    [types.EXTENDED, 'statvfs@openssh.com', path],
    [types.EXTENDED, 'expand-path@openssh.com', path],
    [types.SETSTAT, path, 8, 1_000_000_000, 1_000_000_000],
    [types.EXTENDED, 'lsetstat@openssh.com', path, 4, 0o777],
    [types.SETSTAT, path, 1, 3n],
    [types.SYMLINK, path, 'link.csv'],
    [types.EXTENDED, 'hardlink@openssh.com', path, 'link.csv'],
    [types.OPEN, path, flags.read | flags.write, 0],
    [types.RENAME, path, 'moved.csv'],
    [types.RENAME, 'mine.csv', path],
    [types.EXTENDED, 'posix-rename@openssh.com', path, 'moved.csv'],
    [types.OPEN, path, flags.read | flags.write | flags.create | flags.truncate, 0],
    [types.REMOVE, path],
    [types.MKDIR, path, 0],
    [types.RMDIR, path],
  ]
}

/** What an open thing gives and takes; each of the two fits only one kind of handle. */
function followUps(handle: Buffer): [type: number, ...fields: Field[]][] {
  return [
    [types.READ, handle, 0n, 4096],
    [types.READDIR, handle],
    [types.FSETSTAT, handle, 8, 1_000_000_000, 1_000_000_000],
    [types.WRITE, handle, 0n, 'written'],
    [types.CLOSE, handle],
  ]
}

async function askAll(
  peer: OpenedPeer,
  requests: readonly [number, ...Field[]][],
): Promise<RawReply[]> {
  peer.send(...requests.map(([type, ...fields], id) => encodePacket(type, [id, ...fields])))
  const replies: RawReply[] = []
  for (const _request of requests) replies.push(await peer.next())
  return replies
}

/** Tries every request with every path; gives what came back as one searchable text per path. */
async function tryAll(
  target: Target,
  tried: readonly Buffer[],
  judge: (seen: string, path: Buffer) => void,
) {
  const peer = await openPeer(await connectClient(target))
  let received: Buffer[] = []
  peer.onBytes((chunk) => received.push(Buffer.from(chunk)))
  for (const path of tried) {
    const replies = await askAll(peer, requestsFor(path))
    const handles = replies
      .filter(({ type }) => type === types.HANDLE)
      .map((reply) => stringOf(reply))
    if (handles.length > 0) await askAll(peer, handles.flatMap(followUps))
    judge(Buffer.concat(received).toString('latin1'), path)
    received = []
  }
  peer.channel.end()
}

/** Inode, times, size and content of everything below a folder. */
function takeSnapshot(root: string): Map<string, string> {
  const found = new Map<string, string>()
  const look = (path: string): void => {
    const { ino, mtimeMs, ctimeMs, size, mode } = lstatSync(path)
    const isFolder = (mode & 0o170000) === 0o040000
    const hash = isFolder ? '' : createHash('sha256').update(readFileSync(path)).digest('hex')
    found.set(path, [ino, mtimeMs, ctimeMs, size, mode, hash].join(' '))
    if (isFolder) for (const name of readdirSync(path)) look(join(path, name))
  }
  look(root)
  return found
}

describe('isolation of agencies', () => {
  const house = useHouse()
  let targets: Record<'acme' | 'other', Target>
  let outside: string

  before(async () => {
    const input = { agency: 'other', name: 'Other County', timeZone: 'America/Chicago' }
    await house.agencies.create(input, 'test')
    await house.inbox.addAgency('other')
    const key = await createClientKey(house.folder, 'other-key')
    await house.agencies.addKey('other', { publicKey: key.publicKey }, 'test')
    targets = { acme: house.target, other: { ...house.target, account: 'other', key } }
    outside = join(house.folder, 'outside')
    mkdirSync(outside)
    writeFileSync(join(outside, `${marks.outside}.csv`), secrets.outside)
    writeFileSync(join(house.inbox.layout.home, `${marks.outside}.csv`), secrets.outside)
    for (const agency of ['acme', 'other'] as const) {
      for (const area of areas) {
        const folder = house.inbox.layout.area(agency, area)
        mkdirSync(join(folder, 'folder'))
        writeFileSync(join(folder, `${marks[agency]}.csv`), secrets[agency])
        writeFileSync(join(folder, 'own.csv'), secrets[agency])
        writeFileSync(join(folder, 'folder', `${marks[agency]}.csv`), secrets[agency])
      }
    }
  })

  for (const [own, foreign] of [
    ['acme', 'other'],
    ['other', 'acme'],
  ] as const) {
    it(`gives ${own} not one byte of ${foreign}, nor of the machine, and lets it touch nothing there, by ${paths / 2} paths`, async () => {
      const { layout } = house.inbox
      const roots = [layout.area(foreign, 'inbox'), layout.home, outside, house.folder, '/etc']
      const absolute = [
        ...roots.map((root) => `${root}/`),
        '/proc/self/root/etc/',
        '/dev/fd/',
        '/dev/',
      ]
      const tried = fc.sample(createPaths(absolute), {
        numRuns: paths / 2,
        seed: seed + own.length,
      })
      const guarded = [join(layout.home, 'agencies', foreign), outside, join(house.folder, 'keys')]
      const before = guarded.map(takeSnapshot)
      const homeBefore = readdirSync(layout.home).sort()
      let ownSeen = 0
      await tryAll(targets[own], tried, (seen, path) => {
        const sent = JSON.stringify(path.toString('latin1'))
        for (const secret of [secrets[foreign], secrets.outside, 'root:x:0:0']) {
          assert.ok(!seen.includes(secret), `bytes came back for ${sent}`)
        }
        // A name comes back in REALPATH, as its client has sent it; nothing else may.
        for (const mark of [marks[foreign], marks.outside]) {
          if (!sent.includes(mark)) assert.ok(!seen.includes(mark), `a name came back for ${sent}`)
        }
        if (seen.includes(secrets[own])) ownSeen += 1
      })
      assert.ok(ownSeen > 0, 'the paths must reach what they may reach')
      assert.deepEqual(guarded.map(takeSnapshot), before)
      assert.deepEqual(readdirSync(layout.home).sort(), homeBefore)
      const uploads = await house.inbox.uploads.list(house.agency.agencyId, { limit: 100_000 })
      assert.ok(uploads.every(({ agency }) => agency === 'acme'))
      assert.deepEqual(
        house.log.filter(({ message }) => message === 'SFTP request failed'),
        [],
      )
    }).timeout(isLong ? 3_600_000 : 120_000)
  }
})
