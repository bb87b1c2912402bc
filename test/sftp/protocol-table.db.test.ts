import assert from 'node:assert/strict'
import { existsSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before } from 'mocha'
import { notRunHere } from '../support/not-run.ts'
import { connectClient, encodePacket } from '../support/ssh-session.ts'
import type { Field, RawReply } from '../support/ssh-session.ts'
import { flags, openPeer, startSftpServer, statusOf, stringOf, types } from './raw-peer.ts'
import type { OpenedPeer, RawPeer } from './raw-peer.ts'
import { useHouse } from './sftp-house.ts'

const { read, write, append, create, truncate, exclusive } = flags
const program = '/usr/lib/openssh/sftp-server'

/** A server and the names of one case in it: a file of six bytes, a folder with a file in it, an empty one and a link. */
interface Here {
  readonly peer: RawPeer
  readonly file: string
  readonly folder: string
  readonly empty: string
  readonly link: string
  readonly none: string
  /** Absolute path of a name below the start folder. */
  absolute(name: string): string
}

/** OK, or the code of a STATUS; a type of reply, with what is in it where that is fixed. */
type Expected = number | string

type Case = readonly [
  request: string,
  situation: string,
  act: (here: Here) => Promise<RawReply>,
  expected: Expected,
  /** What OpenSSH's server says instead, and why ours does not. */
  other?: readonly [expected: Expected, why: string],
]

const [OK, EOF, MISSING, DENIED, FAILURE, BAD, UNSUPPORTED] = [0, 1, 2, 3, 4, 5, 8] as const
const stale = Buffer.from([0, 0, 0, 99])
const size = (bytes: bigint): Field[] => [1, bytes]
const times: Field[] = [8, 1_500_000_000, 1_500_000_000]
const mode: Field[] = [4, 0o640]
const owner: Field[] = [2, 1000, 1000]
const pairs: Field[] = [0x80000000, 2, 'a@example.org', 'one', 'b@example.org', 'two']

const links = 'links are refused'
const kind = 'a wrong kind of handle is told apart from a missing file'
const lenient = 'senders set attributes out of habit and count a refusal as a failed transfer'
const parse = 'OpenSSH ends the connection at a packet that it cannot parse'
const silent = 'OpenSSH does not answer'

async function opened(
  { peer, file }: Here,
  pflags: number,
  act: (handle: Buffer) => Promise<RawReply>,
): Promise<RawReply> {
  return act(await peer.open(file, pflags))
}

async function listed({ peer, folder }: Here, act: (handle: Buffer) => Promise<RawReply>) {
  return act(await peer.opendir(folder))
}

async function closed(here: Here, act: (handle: Buffer) => Promise<RawReply>): Promise<RawReply> {
  const handle = await here.peer.open(here.file, read)
  assert.equal(statusOf(await here.peer.ask(types.CLOSE, handle)), OK)
  return act(handle)
}

const extended = ({ peer }: Here, name: string, ...fields: Field[]) =>
  peer.ask(types.EXTENDED, name, ...fields)

const openCases: Case[] = [
  ['OPEN', 'for reading', ({ peer, file }) => peer.ask(types.OPEN, file, read, 0), 'HANDLE'],
  ['OPEN', 'without any flag', ({ peer, file }) => peer.ask(types.OPEN, file, 0, 0), 'HANDLE'],
  [
    'OPEN',
    'a missing file for reading',
    ({ peer, none }) => peer.ask(types.OPEN, none, read, 0),
    MISSING,
  ],
  [
    'OPEN',
    'a missing file for writing',
    ({ peer, none }) => peer.ask(types.OPEN, none, write, 0),
    MISSING,
  ],
  [
    'OPEN',
    'WRITE|TRUNC of a missing file',
    ({ peer, none }) => peer.ask(types.OPEN, none, write | truncate, 0),
    MISSING,
  ],
  ['OPEN', 'WRITE alone', ({ peer, file }) => peer.ask(types.OPEN, file, write, 0), 'HANDLE'],
  [
    'OPEN',
    'WRITE|CREAT',
    ({ peer, file }) => peer.ask(types.OPEN, file, write | create, 0),
    'HANDLE',
  ],
  [
    'OPEN',
    'WRITE|TRUNC',
    ({ peer, file }) => peer.ask(types.OPEN, file, write | truncate, 0),
    'HANDLE',
  ],
  [
    'OPEN',
    'WRITE|CREAT|TRUNC of a new file',
    ({ peer, none }) => peer.ask(types.OPEN, none, write | create | truncate, 0),
    'HANDLE',
  ],
  [
    'OPEN',
    'READ|WRITE|CREAT|TRUNC',
    ({ peer, file }) => peer.ask(types.OPEN, file, read | write | create | truncate, 0),
    'HANDLE',
  ],
  ['OPEN', 'READ|WRITE', ({ peer, file }) => peer.ask(types.OPEN, file, read | write, 0), 'HANDLE'],
  [
    'OPEN',
    'WRITE|APPEND',
    ({ peer, file }) => peer.ask(types.OPEN, file, write | append, 0),
    'HANDLE',
  ],
  [
    'OPEN',
    'WRITE|CREAT|EXCL of a new file',
    ({ peer, none }) => peer.ask(types.OPEN, none, write | create | exclusive, 0),
    'HANDLE',
  ],
  [
    'OPEN',
    'WRITE|CREAT|EXCL of a file',
    ({ peer, file }) => peer.ask(types.OPEN, file, write | create | exclusive, 0),
    FAILURE,
  ],
  [
    'OPEN',
    'WRITE|CREAT|TRUNC|EXCL of a file',
    ({ peer, file }) => peer.ask(types.OPEN, file, 0x3a, 0),
    FAILURE,
  ],
  [
    'OPEN',
    'READ|CREAT of a missing file',
    ({ peer, none }) => peer.ask(types.OPEN, none, read | create, 0),
    MISSING,
    ['HANDLE', 'who only reads makes nothing'],
  ],
  [
    'OPEN',
    'a folder for writing',
    ({ peer, folder }) => peer.ask(types.OPEN, folder, write | create, 0),
    FAILURE,
  ],
  [
    'OPEN',
    'a folder for reading',
    ({ peer, folder }) => peer.ask(types.OPEN, folder, read, 0),
    FAILURE,
    ['HANDLE', 'OpenSSH opens it and fails at READ'],
  ],
  [
    'OPEN',
    'below a missing folder',
    ({ peer, none }) => peer.ask(types.OPEN, `${none}/x.csv`, 0x1a, 0),
    MISSING,
  ],
  [
    'OPEN',
    'below a file',
    ({ peer, file }) => peer.ask(types.OPEN, `${file}/x.csv`, 0x1a, 0),
    MISSING,
  ],
  [
    'OPEN',
    'with attributes of all kinds',
    ({ peer, none }) =>
      peer.ask(types.OPEN, none, 0x1a, 0x8000000f, 0n, 1, 1, 0o644, 1, 1, 1, 'a@b', 'c'),
    'HANDLE',
  ],
  [
    'OPEN',
    'without attributes',
    ({ peer, none }) => peer.ask(types.OPEN, none, 0x1a),
    'HANDLE',
    ['END', parse],
  ],
  ['OPEN', 'without flags', ({ peer, none }) => peer.ask(types.OPEN, none), BAD, ['END', parse]],
  [
    'OPEN',
    'a link',
    ({ peer, link }) => peer.ask(types.OPEN, link, read, 0),
    DENIED,
    ['HANDLE', links],
  ],
  [
    'OPEN',
    'a name of 300 bytes',
    ({ peer }) => peer.ask(types.OPEN, 'n'.repeat(300), 0x1a, 0),
    FAILURE,
    [BAD, 'a sentence says what is wrong; BAD_MESSAGE tells of broken packets only'],
  ],
]

const closeCases: Case[] = [
  ['CLOSE', 'a file', (at) => opened(at, read, (handle) => at.peer.ask(types.CLOSE, handle)), OK],
  ['CLOSE', 'a folder', (at) => listed(at, (handle) => at.peer.ask(types.CLOSE, handle)), OK],
  [
    'CLOSE',
    'a handle twice',
    (at) => closed(at, (handle) => at.peer.ask(types.CLOSE, handle)),
    FAILURE,
    [MISSING, kind],
  ],
  [
    'CLOSE',
    'a handle that never was',
    ({ peer }) => peer.ask(types.CLOSE, stale),
    FAILURE,
    [MISSING, kind],
  ],
  [
    'CLOSE',
    'a handle of no bytes',
    ({ peer }) => peer.ask(types.CLOSE, ''),
    FAILURE,
    [MISSING, kind],
  ],
  [
    'CLOSE',
    'a handle of 300 bytes',
    ({ peer }) => peer.ask(types.CLOSE, 'h'.repeat(300)),
    FAILURE,
    [MISSING, kind],
  ],
]

const readCases: Case[] = [
  [
    'READ',
    'in the middle',
    (at) => opened(at, read, (handle) => at.peer.ask(types.READ, handle, 2n, 2)),
    'DATA cd',
  ],
  [
    'READ',
    'across the end',
    (at) => opened(at, read, (handle) => at.peer.ask(types.READ, handle, 4n, 100)),
    'DATA ef',
  ],
  [
    'READ',
    'more than a reply holds',
    (at) => opened(at, read, (handle) => at.peer.ask(types.READ, handle, 0n, 0xffffffff)),
    'DATA abcdef',
  ],
  [
    'READ',
    'at the end',
    (at) => opened(at, read, (handle) => at.peer.ask(types.READ, handle, 6n, 1)),
    EOF,
  ],
  [
    'READ',
    'behind the end',
    (at) => opened(at, read, (handle) => at.peer.ask(types.READ, handle, 1n << 40n, 1)),
    EOF,
  ],
  [
    'READ',
    'nothing',
    (at) => opened(at, read, (handle) => at.peer.ask(types.READ, handle, 0n, 0)),
    'DATA ',
  ],
  [
    'READ',
    'at an offset that no file has',
    (at) => opened(at, read, (handle) => at.peer.ask(types.READ, handle, 1n << 63n, 1)),
    BAD,
  ],
  [
    'READ',
    'a file that is open for writing',
    (at) => opened(at, write, (handle) => at.peer.ask(types.READ, handle, 0n, 1)),
    DENIED,
    [MISSING, kind],
  ],
  [
    'READ',
    'a file that is open for both',
    (at) => opened(at, read | write, (handle) => at.peer.ask(types.READ, handle, 0n, 3)),
    'DATA abc',
  ],
  [
    'READ',
    'a folder',
    (at) => listed(at, (handle) => at.peer.ask(types.READ, handle, 0n, 1)),
    FAILURE,
  ],
  [
    'READ',
    'a closed handle',
    (at) => closed(at, (handle) => at.peer.ask(types.READ, handle, 0n, 1)),
    FAILURE,
  ],
  ['READ', 'a handle that never was', ({ peer }) => peer.ask(types.READ, stale, 0n, 1), FAILURE],
]

const writeCases: Case[] = [
  [
    'WRITE',
    'in place',
    (at) => opened(at, write, (handle) => at.peer.ask(types.WRITE, handle, 2n, 'XY')),
    OK,
  ],
  [
    'WRITE',
    'behind the end',
    (at) => opened(at, write, (handle) => at.peer.ask(types.WRITE, handle, 100n, 'X')),
    OK,
  ],
  [
    'WRITE',
    'nothing',
    (at) => opened(at, write, (handle) => at.peer.ask(types.WRITE, handle, 3n, '')),
    OK,
  ],
  [
    'WRITE',
    'nothing at all, then CLOSE',
    (at) =>
      opened(at, 0x1a, async (handle) => {
        assert.equal(statusOf(await at.peer.ask(types.WRITE, handle, 50n, '')), OK)
        return at.peer.ask(types.CLOSE, handle)
      }),
    OK,
  ],
  [
    'WRITE',
    'at an offset that no file has',
    (at) => opened(at, write, (handle) => at.peer.ask(types.WRITE, handle, 1n << 63n, 'X')),
    BAD,
  ],
  [
    'WRITE',
    'a file that is open for reading',
    (at) => opened(at, read, (handle) => at.peer.ask(types.WRITE, handle, 0n, 'X')),
    DENIED,
    [MISSING, kind],
  ],
  [
    'WRITE',
    'a folder',
    (at) => listed(at, (handle) => at.peer.ask(types.WRITE, handle, 0n, 'X')),
    DENIED,
    [FAILURE, 'a folder is not open for writing either'],
  ],
  [
    'WRITE',
    'a closed handle',
    (at) => closed(at, (handle) => at.peer.ask(types.WRITE, handle, 0n, 'X')),
    FAILURE,
  ],
  [
    'WRITE',
    'a handle that never was',
    ({ peer }) => peer.ask(types.WRITE, stale, 0n, 'X'),
    FAILURE,
  ],
]

const statCases: Case[] = (['STAT', 'LSTAT'] as const).flatMap((name): Case[] => [
  [name, 'a file', ({ peer, file }) => peer.ask(types[name], file), 'ATTRS'],
  [name, 'a folder', ({ peer, folder }) => peer.ask(types[name], folder), 'ATTRS'],
  [name, 'the start folder', ({ peer }) => peer.ask(types[name], '.'), 'ATTRS'],
  [
    name,
    'an empty path',
    ({ peer }) => peer.ask(types[name], ''),
    'ATTRS',
    [MISSING, 'an empty path is the start folder, as in REALPATH'],
  ],
  [name, 'a missing file', ({ peer, none }) => peer.ask(types[name], none), MISSING],
  [name, 'below a file', ({ peer, file }) => peer.ask(types[name], `${file}/x`), MISSING],
  [name, 'a link', ({ peer, link }) => peer.ask(types[name], link), DENIED, ['ATTRS', links]],
  [name, 'without a path', ({ peer }) => peer.ask(types[name]), BAD, ['END', parse]],
])

const attributeCases: Case[] = [
  [
    'FSTAT',
    'a file that is read',
    (at) => opened(at, read, (handle) => at.peer.ask(types.FSTAT, handle)),
    'ATTRS',
  ],
  [
    'FSTAT',
    'a file that is written',
    (at) => opened(at, write, (handle) => at.peer.ask(types.FSTAT, handle)),
    'ATTRS',
  ],
  [
    'FSTAT',
    'a file whose name is gone',
    (at) =>
      opened(at, read, async (handle) => {
        assert.equal(statusOf(await at.peer.ask(types.REMOVE, at.file)), OK)
        return at.peer.ask(types.FSTAT, handle)
      }),
    'ATTRS',
  ],
  [
    'FSTAT',
    'a folder',
    (at) => listed(at, (handle) => at.peer.ask(types.FSTAT, handle)),
    'ATTRS',
    [FAILURE, 'the attributes of an open folder are known'],
  ],
  ['FSTAT', 'a handle that never was', ({ peer }) => peer.ask(types.FSTAT, stale), FAILURE],
  ['SETSTAT', 'nothing', ({ peer, file }) => peer.ask(types.SETSTAT, file, 0), OK],
  ['SETSTAT', 'times', ({ peer, file }) => peer.ask(types.SETSTAT, file, ...times), OK],
  [
    'SETSTAT',
    'times of a folder',
    ({ peer, folder }) => peer.ask(types.SETSTAT, folder, ...times),
    OK,
  ],
  ['SETSTAT', 'permissions', ({ peer, file }) => peer.ask(types.SETSTAT, file, ...mode), OK],
  ['SETSTAT', 'extended pairs', ({ peer, file }) => peer.ask(types.SETSTAT, file, ...pairs), OK],
  ['SETSTAT', 'a size', ({ peer, file }) => peer.ask(types.SETSTAT, file, ...size(3n)), OK],
  [
    'SETSTAT',
    'a size of a folder',
    ({ peer, folder }) => peer.ask(types.SETSTAT, folder, ...size(0n)),
    FAILURE,
  ],
  [
    'SETSTAT',
    'times of a missing file',
    ({ peer, none }) => peer.ask(types.SETSTAT, none, ...times),
    MISSING,
  ],
  [
    'SETSTAT',
    'a size of a missing file',
    ({ peer, none }) => peer.ask(types.SETSTAT, none, ...size(0n)),
    MISSING,
  ],
  [
    'SETSTAT',
    'permissions of a missing file',
    ({ peer, none }) => peer.ask(types.SETSTAT, none, ...mode),
    OK,
    [MISSING, lenient],
  ],
  [
    'SETSTAT',
    'without attributes',
    ({ peer, file }) => peer.ask(types.SETSTAT, file),
    BAD,
    ['END', parse],
  ],
  [
    'SETSTAT',
    'with pairs that are cut off',
    ({ peer, file }) => peer.ask(types.SETSTAT, file, 0x80000000, 2, 'a@b', 'c'),
    BAD,
    ['END', parse],
  ],
  [
    'FSETSTAT',
    'permissions',
    (at) => opened(at, write, (handle) => at.peer.ask(types.FSETSTAT, handle, ...mode)),
    OK,
  ],
  [
    'FSETSTAT',
    'times',
    (at) => opened(at, write, (handle) => at.peer.ask(types.FSETSTAT, handle, ...times)),
    OK,
  ],
  [
    'FSETSTAT',
    'a size',
    (at) => opened(at, write, (handle) => at.peer.ask(types.FSETSTAT, handle, ...size(2n))),
    OK,
  ],
  [
    'FSETSTAT',
    'times of a file that is read',
    (at) => opened(at, read, (handle) => at.peer.ask(types.FSETSTAT, handle, ...times)),
    OK,
  ],
  [
    'FSETSTAT',
    'a size of a file that is read',
    (at) => opened(at, read, (handle) => at.peer.ask(types.FSETSTAT, handle, ...size(2n))),
    DENIED,
    [BAD, 'the file is open for reading only'],
  ],
  [
    'FSETSTAT',
    'permissions of a folder',
    (at) => listed(at, (handle) => at.peer.ask(types.FSETSTAT, handle, ...mode)),
    OK,
    [FAILURE, lenient],
  ],
  [
    'FSETSTAT',
    'a handle that never was',
    ({ peer }) => peer.ask(types.FSETSTAT, stale, ...mode),
    FAILURE,
  ],
  ['lsetstat', 'times', (at) => extended(at, 'lsetstat@openssh.com', at.file, ...times), OK],
  [
    'lsetstat',
    'a missing file',
    (at) => extended(at, 'lsetstat@openssh.com', at.none, ...times),
    MISSING,
  ],
]

const nameCases: Case[] = [
  ['REMOVE', 'a file', ({ peer, file }) => peer.ask(types.REMOVE, file), OK],
  ['REMOVE', 'a missing file', ({ peer, none }) => peer.ask(types.REMOVE, none), MISSING],
  ['REMOVE', 'a folder', ({ peer, folder }) => peer.ask(types.REMOVE, folder), FAILURE],
  ['REMOVE', 'below a file', ({ peer, file }) => peer.ask(types.REMOVE, `${file}/x`), MISSING],
  ['REMOVE', 'a link', ({ peer, link }) => peer.ask(types.REMOVE, link), DENIED, [OK, links]],
  ['RENAME', 'a file', ({ peer, file, none }) => peer.ask(types.RENAME, file, none), OK],
  ['RENAME', 'a folder', ({ peer, folder, none }) => peer.ask(types.RENAME, folder, none), OK],
  [
    'RENAME',
    'a missing file',
    ({ peer, none }) => peer.ask(types.RENAME, none, `${none}2`),
    MISSING,
  ],
  [
    'RENAME',
    'to a name that is taken',
    ({ peer, file, folder }) => peer.ask(types.RENAME, file, `${folder}/inside.csv`),
    FAILURE,
  ],
  [
    'RENAME',
    'to the name of a folder',
    ({ peer, file, empty }) => peer.ask(types.RENAME, file, empty),
    FAILURE,
  ],
  [
    'RENAME',
    'a folder to the name of a folder',
    ({ peer, folder, empty }) => peer.ask(types.RENAME, folder, empty),
    FAILURE,
  ],
  [
    'RENAME',
    'into a missing folder',
    ({ peer, file, none }) => peer.ask(types.RENAME, file, `${none}/x`),
    MISSING,
  ],
  [
    'RENAME',
    'a folder into itself',
    ({ peer, folder }) => peer.ask(types.RENAME, folder, `${folder}/x`),
    FAILURE,
    [BAD, 'a sentence says what is wrong'],
  ],
  [
    'RENAME',
    'without a new name',
    ({ peer, file }) => peer.ask(types.RENAME, file),
    BAD,
    ['END', parse],
  ],
  [
    'posix-rename',
    'to a new name',
    (at) => extended(at, 'posix-rename@openssh.com', at.file, at.none),
    OK,
  ],
  [
    'posix-rename',
    'to a name that is taken',
    (at) => extended(at, 'posix-rename@openssh.com', at.file, `${at.folder}/inside.csv`),
    OK,
  ],
  [
    'posix-rename',
    'a missing file',
    (at) => extended(at, 'posix-rename@openssh.com', at.none, at.file),
    MISSING,
  ],
  [
    'posix-rename',
    'to the name of a folder',
    (at) => extended(at, 'posix-rename@openssh.com', at.file, at.empty),
    FAILURE,
  ],
  ['MKDIR', 'a new folder', ({ peer, none }) => peer.ask(types.MKDIR, none, 0), OK],
  [
    'MKDIR',
    'without attributes',
    ({ peer, none }) => peer.ask(types.MKDIR, none),
    OK,
    ['END', parse],
  ],
  [
    'MKDIR',
    'a folder that is there',
    ({ peer, folder }) => peer.ask(types.MKDIR, folder, 0),
    FAILURE,
  ],
  ['MKDIR', 'the name of a file', ({ peer, file }) => peer.ask(types.MKDIR, file, 0), FAILURE],
  ['MKDIR', 'the start folder', ({ peer }) => peer.ask(types.MKDIR, '.', 0), FAILURE],
  [
    'MKDIR',
    'below a missing folder',
    ({ peer, none }) => peer.ask(types.MKDIR, `${none}/x`, 0),
    MISSING,
  ],
  ['RMDIR', 'an empty folder', ({ peer, empty }) => peer.ask(types.RMDIR, empty), OK],
  [
    'RMDIR',
    'a folder that is not empty',
    ({ peer, folder }) => peer.ask(types.RMDIR, folder),
    FAILURE,
  ],
  ['RMDIR', 'a missing folder', ({ peer, none }) => peer.ask(types.RMDIR, none), MISSING],
  ['RMDIR', 'a file', ({ peer, file }) => peer.ask(types.RMDIR, file), FAILURE, [MISSING, kind]],
  [
    'READLINK',
    'a link',
    ({ peer, link }) => peer.ask(types.READLINK, link),
    DENIED,
    ['NAME', links],
  ],
  ['READLINK', 'a file', ({ peer, file }) => peer.ask(types.READLINK, file), DENIED, [BAD, links]],
  [
    'SYMLINK',
    'to a file',
    ({ peer, file, none }) => peer.ask(types.SYMLINK, file, none),
    DENIED,
    [OK, links],
  ],
  [
    'hardlink',
    'to a file',
    (at) => extended(at, 'hardlink@openssh.com', at.file, at.none),
    DENIED,
    [OK, links],
  ],
  ['OPENDIR', 'a folder', ({ peer, folder }) => peer.ask(types.OPENDIR, folder), 'HANDLE'],
  ['OPENDIR', 'a missing folder', ({ peer, none }) => peer.ask(types.OPENDIR, none), MISSING],
  ['OPENDIR', 'a file', ({ peer, file }) => peer.ask(types.OPENDIR, file), MISSING],
  [
    'READDIR',
    'a folder',
    (at) => listed(at, (handle) => at.peer.ask(types.READDIR, handle)),
    'NAME',
  ],
  [
    'READDIR',
    'the end of a folder',
    (at) =>
      listed(at, async (handle) => {
        await at.peer.ask(types.READDIR, handle)
        return at.peer.ask(types.READDIR, handle)
      }),
    EOF,
  ],
  [
    'READDIR',
    'a file',
    (at) => opened(at, read, (handle) => at.peer.ask(types.READDIR, handle)),
    FAILURE,
  ],
  ['READDIR', 'a handle that never was', ({ peer }) => peer.ask(types.READDIR, stale), FAILURE],
]

const otherCases: Case[] = [
  ['REALPATH', 'a file', ({ peer, file }) => peer.ask(types.REALPATH, file), 'NAME'],
  ['REALPATH', 'a missing last name', ({ peer, none }) => peer.ask(types.REALPATH, none), 'NAME'],
  ['REALPATH', 'nothing', ({ peer }) => peer.ask(types.REALPATH, ''), 'NAME'],
  [
    'REALPATH',
    'below a missing folder',
    ({ peer, none }) => peer.ask(types.REALPATH, `${none}/a/b`),
    'NAME',
    [MISSING, 'paths are resolved by their letters alone'],
  ],
  ['statvfs', 'a folder', (at) => extended(at, 'statvfs@openssh.com', at.folder), 'EXTENDED_REPLY'],
  ['statvfs', 'a missing folder', (at) => extended(at, 'statvfs@openssh.com', at.none), MISSING],
  [
    'fstatvfs',
    'a file',
    (at) => opened(at, read, (handle) => extended(at, 'fstatvfs@openssh.com', handle)),
    'EXTENDED_REPLY',
  ],
  [
    'fstatvfs',
    'a handle that never was',
    (at) => extended(at, 'fstatvfs@openssh.com', stale),
    FAILURE,
  ],
  [
    'fsync',
    'a file that is written',
    (at) => opened(at, write, (handle) => extended(at, 'fsync@openssh.com', handle)),
    OK,
  ],
  [
    'fsync',
    'a file that is read',
    (at) => opened(at, read, (handle) => extended(at, 'fsync@openssh.com', handle)),
    OK,
  ],
  [
    'fsync',
    'a handle that never was',
    (at) => extended(at, 'fsync@openssh.com', stale),
    FAILURE,
    [MISSING, kind],
  ],
  ['limits', 'asked', (at) => extended(at, 'limits@openssh.com'), 'EXTENDED_REPLY'],
  ['expand-path', '~', (at) => extended(at, 'expand-path@openssh.com', '~'), 'NAME'],
  [
    'expand-path',
    'a relative path',
    (at) => extended(at, 'expand-path@openssh.com', at.file),
    'NAME',
  ],
  [
    'expand-path',
    'the home of nobody',
    (at) => extended(at, 'expand-path@openssh.com', '~no-such-user-here/x'),
    DENIED,
    [MISSING, 'no other homes exist, whatever the name'],
  ],
  [
    'home-directory',
    'of nobody',
    (at) => extended(at, 'home-directory', 'no-such-user-here'),
    DENIED,
    [FAILURE, 'no other homes exist, whatever the name'],
  ],
  ['home-directory', 'without a name', (at) => extended(at, 'home-directory'), BAD, ['END', parse]],
  [
    'copy-data',
    'asked',
    (at) => extended(at, 'copy-data', stale, 0n, 0n, stale, 0n),
    UNSUPPORTED,
    [FAILURE, 'copy-data is off: bytes of an upload come from its sender'],
  ],
  ['EXTENDED', 'of no known name', (at) => extended(at, 'no-such@example.org'), UNSUPPORTED],
  [
    'EXTENDED',
    'named as a property of every object',
    (at) => extended(at, '__proto__'),
    UNSUPPORTED,
  ],
  [
    'INIT',
    'a second time',
    async ({ peer }) => {
      peer.send(encodePacket(types.INIT, [3]))
      return peer.next()
    },
    'VERSION',
  ],
  ['type 99', 'sent', ({ peer }) => peer.ask(99), UNSUPPORTED, ['NOTHING', silent]],
  [
    'type 101',
    'sent, which only servers send',
    ({ peer }) => peer.ask(types.STATUS, 0, 'x', ''),
    UNSUPPORTED,
    ['NOTHING', silent],
  ],
  [
    'STAT',
    'with bytes behind its fields',
    ({ peer, file }) => peer.ask(types.STAT, file, 'more', 7),
    'ATTRS',
  ],
]

const cases = [
  openCases,
  closeCases,
  readCases,
  writeCases,
  statCases,
  attributeCases,
  nameCases,
  otherCases,
].flat()
const nameOfType = new Map<number, string>(
  Object.entries(types).map(([name, code]) => [code, name]),
)

function describeReply(reply: RawReply, expected: Expected): Expected {
  if (reply.type === types.STATUS) return statusOf(reply)
  const name = nameOfType.get(reply.type) ?? String(reply.type)
  if (reply.type !== types.DATA || !String(expected).includes(' ')) return name
  return `${name} ${stringOf(reply).toString()}`
}

function fill(root: string, name: string): void {
  mkdirSync(join(root, name, 'folder'), { recursive: true })
  mkdirSync(join(root, name, 'empty'))
  writeFileSync(join(root, name, 'file.csv'), 'abcdef')
  writeFileSync(join(root, name, 'folder', 'inside.csv'), 'inside')
  symlinkSync('file.csv', join(root, name, 'link.csv'))
}

function createHere(peer: RawPeer, start: string, name: string): Here {
  const at = (last: string): string => `${name}/${last}`
  return {
    peer,
    file: at('file.csv'),
    folder: at('folder'),
    empty: at('empty'),
    link: at('link.csv'),
    none: at('none.csv'),
    absolute: (path) => join(start, path),
  }
}

describe('SFTP requests, each in each situation', () => {
  const house = useHouse()
  let peer: OpenedPeer

  before(async () => {
    peer = await openPeer(await connectClient(house.target))
  })
  let count = 0
  let id = 0

  for (const [request, situation, act, expected] of cases) {
    it(`answers ${request}, ${situation}: ${expected}`, async () => {
      // The handles of a case are not closed, and a session may have 64.
      count += 1
      if (count % 30 === 0) {
        peer.channel.end()
        peer = await openPeer(await connectClient(house.target))
      }
      id += 1
      fill(house.at('inbox'), `case${id}`)
      const reply = await act(createHere(peer, '/inbox', `case${id}`))
      assert.equal(describeReply(reply, expected), expected)
    })
  }

  it('takes owner and permissions with OK, and leaves the file as it is', async () => {
    fill(house.at('inbox'), 'kept')
    const before = (await peer.ask(types.STAT, 'kept/file.csv')).body
    assert.equal(statusOf(await peer.ask(types.SETSTAT, 'kept/file.csv', ...owner)), OK)
    assert.equal(statusOf(await peer.ask(types.SETSTAT, 'kept/file.csv', ...mode)), OK)
    assert.deepEqual((await peer.ask(types.STAT, 'kept/file.csv')).body, before)
  })

  for (const area of ['processed', 'error', 'outbox'] as const) {
    it(`changes nothing in /${area}, and says so where it matters`, async () => {
      writeFileSync(house.at(area, 'there.csv'), 'abcdef')
      const there = `/${area}/there.csv`
      assert.equal(statusOf(await peer.ask(types.OPEN, there, write, 0)), DENIED)
      assert.equal(statusOf(await peer.ask(types.OPEN, `/${area}/new.csv`, 0x1a, 0)), DENIED)
      assert.equal(statusOf(await peer.ask(types.MKDIR, `/${area}/new`, 0)), DENIED)
      assert.equal(statusOf(await peer.ask(types.MKDIR, `/${area}`, 0)), FAILURE)
      assert.equal(statusOf(await peer.ask(types.RMDIR, `/${area}`)), DENIED)
      assert.equal(statusOf(await peer.ask(types.RENAME, there, '/inbox/there.csv')), DENIED)
      assert.equal(statusOf(await peer.ask(types.SETSTAT, there, ...size(0n))), DENIED)
      assert.equal(statusOf(await peer.ask(types.SETSTAT, there, ...times)), OK)
      const stat = (await peer.ask(types.STAT, there)).body
      assert.equal(stat.readBigUInt64BE(4), 6n)
      assert.notEqual(stat.readUInt32BE(28), 1_500_000_000)
      const removed = statusOf(await peer.ask(types.REMOVE, there))
      assert.equal(removed, area === 'outbox' ? OK : DENIED)
    })
  }
})

if (existsSync(program)) {
  describe("OpenSSH's sftp-server in the same situations", () => {
    let root: string
    before(() => {
      root = mkdtempSync(join(tmpdir(), 'dd-oracle-'))
    })
    after(() => rmSync(root, { recursive: true, force: true }))
    let id = 0

    async function run(here: Here, act: Case[2], expected: Expected): Promise<Expected> {
      try {
        return describeReply(await act(here), expected)
      } catch (thrown) {
        if (thrown instanceof Error && thrown.message === 'The stream ended.') return 'END'
        throw thrown
      }
    }

    for (const [request, situation, act, ours, other] of cases) {
      const [expected, why] = other ?? [ours, 'as ours']
      if (expected === 'NOTHING') continue
      it(`answers ${request}, ${situation}: ${expected} (${why})`, async () => {
        id += 1
        fill(root, `case${id}`)
        const server = await startSftpServer(program, root)
        const here = createHere(server, root, `case${id}`)
        try {
          assert.equal(await run(here, act, expected), expected)
        } finally {
          await server.end()
        }
      })
    }
  })
} else notRunHere(`the protocol table beside ${program}: it is not installed`)
