import assert from 'node:assert/strict'
import {
  chmodSync,
  existsSync,
  mkdirSync,
  readFileSync,
  readlinkSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import { describe, it } from 'mocha'
import { findBinaries, repairBinaries, toBinaries } from '../../../src/db/embedded/binaries.ts'
import { toPlace } from '../../../src/db/embedded/place.ts'
import { readMachine } from '../../../src/db/embedded/index.ts'
import { openLog, trimLog } from '../../../src/db/embedded/log-file.ts'
import { isPostmasterOf, readPostmasterFile } from '../../../src/db/embedded/postmaster-file.ts'
import { AppError } from '../../../src/errors/index.ts'
import { useHomes } from '../../support/embedded-home.ts'

const code = (expected: string) => (error: unknown) =>
  error instanceof AppError && error.code === expected

describe('the embedded programs', () => {
  const { createFolder } = useHomes()

  /** A package as it comes out of its archive: no links, no x bits. */
  function createPackage(): string {
    const folder = createFolder()
    for (const name of ['bin', 'lib']) mkdirSync(join(folder, 'native', name), { recursive: true })
    for (const name of ['bin/postgres', 'bin/initdb', 'lib/libpq.so.5.18']) {
      writeFileSync(join(folder, 'native', name), name, { mode: 0o644 })
    }
    const links = ['native/lib/libpq.so', 'native/lib/libpq.so.5'].map((target) => ({
      source: 'native/lib/libpq.so.5.18',
      target,
    }))
    writeFileSync(join(folder, 'native', 'pg-symlinks.json'), JSON.stringify(links))
    return join(folder, 'native')
  }

  it('get their links and x bits, as often as one likes', async () => {
    const folder = createPackage()
    // What an interrupted or older install may leave.
    symlinkSync('libpq.so.5.17', join(folder, 'lib', 'libpq.so'))
    for (let round = 0; round < 2; round++) {
      await repairBinaries(toBinaries(folder, '18.4.0'))
      assert.equal(readlinkSync(join(folder, 'lib', 'libpq.so')), 'libpq.so.5.18')
      assert.equal(readlinkSync(join(folder, 'lib', 'libpq.so.5')), 'libpq.so.5.18')
      assert.equal(statSync(join(folder, 'bin', 'postgres')).mode & 0o777, 0o755)
    }
  })

  it('are refused with the name of the file when a library is missing', async () => {
    const folder = createPackage()
    writeFileSync(
      join(folder, 'pg-symlinks.json'),
      JSON.stringify([{ source: 'native/lib/gone.so.1.2', target: 'native/lib/gone.so.1' }]),
    )
    await assert.rejects(
      repairBinaries(toBinaries(folder, '18.4.0')),
      (error: unknown) =>
        code('POSTGRES_FILES')(error) && (error as AppError).message.includes('gone.so.1.2'),
    )
  })

  it('are refused when a link is missing and cannot be made', async () => {
    const folder = createPackage()
    // A file where a folder should be stops root too, unlike a missing permission.
    writeFileSync(join(folder, 'file'), '')
    writeFileSync(
      join(folder, 'pg-symlinks.json'),
      JSON.stringify([{ source: 'native/lib/libpq.so.5.18', target: 'native/file/libpq.so' }]),
    )
    await assert.rejects(repairBinaries(toBinaries(folder, '18.4.0')), code('POSTGRES_FILES'))
  })

  it('are those of this platform and one major version', () => {
    const binaries = findBinaries(readMachine())
    assert.ok(existsSync(binaries.postgres))
    assert.match(binaries.major, /^\d\d$/)
  })

  it('do not exist for FreeBSD and musl, where DATABASE_URL is the way', () => {
    for (const parts of [{ platform: 'freebsd-x64' }, { hasGlibc: false }]) {
      assert.throws(
        () => findBinaries({ ...readMachine(), ...parts }),
        (error: unknown) =>
          code('POSTGRES_PLATFORM')(error) && (error as AppError).hint.includes('DATABASE_URL'),
      )
    }
  })
})

describe('postmaster.pid', () => {
  const { createFolder } = useHomes()
  const text = [
    '4711',
    '/x/data',
    '1700000000',
    '25432',
    '',
    '127.0.0.1',
    '  123  456',
    'ready   ',
    '',
  ].join('\n')

  it('is read as far as it is written', () => {
    const data = createFolder()
    assert.equal(readPostmasterFile(data), undefined)
    for (const [written, expected] of [
      ['', undefined],
      ['4711', { pid: 4711, port: 0, status: 'unknown' }],
      [text, { pid: 4711, port: 25_432, status: 'ready' }],
      [text.replace('ready   ', 'starting'), { pid: 4711, port: 25_432, status: 'starting' }],
    ] as const) {
      writeFileSync(join(data, 'postmaster.pid'), written)
      assert.deepEqual(readPostmasterFile(data), expected)
    }
  })

  it('proves nothing by a live pid alone', () => {
    const data = createFolder()
    assert.equal(isPostmasterOf(process.pid, data), false)
    assert.equal(isPostmasterOf(process.pid, process.cwd()), true)
    assert.equal(isPostmasterOf(0x7fff_fff0, data), false)
  })
})

describe('the log of PostgreSQL', () => {
  const { createFolder } = useHomes()

  it('is cut when it is long, with one older piece kept, readable by its owner only', async () => {
    const home = createFolder()
    mkdirSync(join(home, 'postgres'))
    const place = toPlace(home, join(home, 'postgres'))
    openLog(place)
    assert.equal(statSync(place.logFile).mode & 0o777, 0o600)
    for (const word of ['one', 'two']) {
      writeFileSync(place.logFile, word.repeat(100))
      chmodSync(place.logFile, 0o640)
      await trimLog(place, 299)
      assert.equal(statSync(place.logFile).size, 0)
      assert.equal(readFileSync(`${place.logFile}.1`, 'utf8'), word.repeat(100))
      assert.equal(statSync(`${place.logFile}.1`).mode & 0o777, 0o600)
    }
    writeFileSync(place.logFile, 'short')
    await trimLog(place, 299)
    assert.equal(readFileSync(place.logFile, 'utf8'), 'short')
  })
})
