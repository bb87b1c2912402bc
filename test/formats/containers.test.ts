import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { mkdtemp, readFile, readdir, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { after, before } from 'mocha'
import * as openpgp from 'openpgp'
import { FileError } from '../../src/errors/index.ts'
import { examineFile, openContainer, openTable, sweepOpened } from '../../src/formats/index.ts'
import type { OpenedFile, PgpKeyring } from '../../src/formats/index.ts'
import { makeWorkbook, makeZip } from './make-zip.ts'
import { useTempFiles } from './temp-files.ts'

const files = useTempFiles()
let folder = ''

before(async () => {
  folder = await mkdtemp(join(tmpdir(), 'docketdrop-opened-'))
})
after(() => rm(folder, { recursive: true, force: true }))

const csv = `Party ID,Name\r\n${Array.from({ length: 2_000 }, (_, at) => `P${at},Peña ${at}\r\n`).join('')}`
const sha256 = (bytes: string | Uint8Array) => createHash('sha256').update(bytes).digest('hex')
const noKeys: PgpKeyring = { privateKeys: [], senderKeys: [] }

const open = async (
  content: string | Uint8Array,
  name: string,
  keyring: PgpKeyring = noKeys,
  mostBytes?: number,
): Promise<OpenedFile> =>
  openContainer(await files.write(content, 'sent'), name, {
    folder,
    keys: () => Promise.resolve(keyring),
    ...(mostBytes === undefined ? {} : { mostBytes }),
  })

/** Nothing may be left over, whatever happened. */
const assertNothingLeft = async () => assert.deepEqual(await readdir(folder), [])

async function assertRefused(opening: Promise<OpenedFile>, code: string): Promise<FileError> {
  let fault: unknown
  await opening.then(
    (opened) => assert.fail(`opened as ${opened.layers.join()}`),
    (error: unknown) => (fault = error),
  )
  assert.ok(fault instanceof FileError, String(fault))
  assert.equal(fault.code, code)
  assert.match(fault.message, /^[A-Z].*\.$/)
  assert.match(fault.hint, /\w/)
  await assertNothingLeft()
  return fault
}

interface Packed {
  readonly name: string
  readonly content: Uint8Array
  readonly inside: string
  readonly layers: readonly string[]
}

const zip = (content: string | Buffer, name = 'night.csv') => makeZip([{ name, content }])

describe('gzip and zip on the way in', () => {
  const packed: readonly Packed[] = [
    { name: 'night.csv.gz', content: gzipSync(csv), inside: 'night.csv', layers: ['gzip'] },
    { name: 'night.csv', content: gzipSync(csv), inside: 'night.csv', layers: ['gzip'] },
    { name: 'night.zip', content: zip(csv), inside: 'night.csv', layers: ['zip'] },
    {
      name: 'folders.zip',
      content: makeZip([
        { name: 'out/', content: '' },
        { name: '__MACOSX/out/._night.csv', content: 'x' },
        { name: 'out/night.csv', content: csv },
      ]),
      inside: 'night.csv',
      layers: ['zip'],
    },
    {
      name: 'windows.zip',
      content: zip(csv, 'C:\\Reports\\..\\night.csv'),
      inside: 'night.csv',
      layers: ['zip'],
    },
    {
      name: 'two parts.gz',
      content: Buffer.concat([gzipSync(csv.slice(0, 100)), gzipSync(csv.slice(100))]),
      inside: 'two parts',
      layers: ['gzip'],
    },
  ]
  for (const { name, content, inside, layers } of packed) {
    it(`opens ${name} and tells what was in it`, async () => {
      const opened = await open(content, name)
      assert.deepEqual(opened.layers, layers)
      assert.equal(opened.name, inside)
      assert.equal(await readFile(opened.path, 'utf8'), csv)
      assert.deepEqual(opened.hashes, { sent: sha256(content), content: sha256(csv) })
      assert.equal((await stat(opened.path)).mode & 0o777, 0o600)
      await opened.close()
      await opened.close()
      await assertNothingLeft()
    })
  }

  it('gives a file that is no container back as it is', async () => {
    const workbook = makeWorkbook({ rows: '' })
    for (const [content, name] of [
      [csv, 'night.csv'],
      [csv, 'night.csv.gz'],
      [csv, 'night.asc'],
      ['', 'night.zip'],
      [workbook, 'night.xlsx'],
      [workbook.subarray(0, -30), 'night.xlsx'],
    ] as const) {
      const opened = await open(content, name)
      assert.deepEqual(opened.layers, [])
      assert.equal(opened.hashes, null)
      await opened.close()
      assert.deepEqual(await readFile(opened.path), Buffer.from(content))
    }
    await assertNothingLeft()
  })

  it('opens a workbook in gzip, which can then be read', async () => {
    const rows = '<row r="1"><c r="A1"><v>1</v></c></row>'
    const opened = await open(gzipSync(makeWorkbook({ rows })), 'night.xlsx.gz')
    const reader = await openTable(opened.path)
    assert.equal(reader.detected.format, 'xlsx')
    await reader.close()
    await opened.close()
  })

  it('refuses one that was cut anywhere, or changed in one byte', async () => {
    for (const whole of [gzipSync(csv), zip(csv)]) {
      for (const share of [0.1, 0.5, 0.9, 0.999]) {
        const cut = whole.subarray(0, Math.floor(whole.length * share))
        await assertRefused(open(cut, 'a.bin'), 'ARCHIVE_CORRUPT')
      }
      const changed = Buffer.from(whole)
      changed.writeUInt8(changed.readUInt8(whole.length >> 1) ^ 4, whole.length >> 1)
      await assertRefused(open(changed, 'a.bin'), 'ARCHIVE_CORRUPT')
    }
  })

  it('refuses sizes and checksums that lie', async () => {
    const lies = [{ declaredSize: 10 }, { declaredSize: 10_000_000 }, { declaredCrc: 1 }]
    for (const lie of lies) {
      const archive = makeZip([{ name: 'a.csv', content: csv, ...lie }])
      await assertRefused(open(archive, 'a.zip'), 'ARCHIVE_CORRUPT')
    }
  })

  it('refuses what unpacks to too much, while it unpacks', async () => {
    await assertRefused(open(gzipSync(csv), 'a.gz', noKeys, 10_000), 'ARCHIVE_BOMB')
    await assertRefused(open(zip(csv), 'a.zip', noKeys, 10_000), 'ARCHIVE_BOMB')
    const bomb = gzipSync(Buffer.alloc(100 * 1_048_576))
    const before = process.memoryUsage().arrayBuffers
    await assertRefused(open(bomb, 'bomb.gz'), 'ARCHIVE_BOMB')
    assert.ok(process.memoryUsage().arrayBuffers - before < 32 * 1_048_576)
    await assertRefused(open(zip(Buffer.alloc(100 * 1_048_576)), 'bomb.zip'), 'ARCHIVE_BOMB')
  })

  it('refuses a container in a container', async () => {
    await assertRefused(open(gzipSync(gzipSync(csv)), 'a.gz.gz'), 'ARCHIVE_NESTED')
    await assertRefused(open(zip(zip(csv), 'b.zip'), 'a.zip'), 'ARCHIVE_NESTED')
    await assertRefused(open(gzipSync(zip(csv)), 'a.zip.gz'), 'ARCHIVE_NESTED')
  })

  it('refuses no file, two files, far too many and a password', async () => {
    await assertRefused(open(makeZip([]), 'a.zip'), 'ARCHIVE_FILES')
    const two = ['a.csv', 'b.csv'].map((name) => ({ name, content: csv }))
    const fault = await assertRefused(open(makeZip(two), 'a.zip'), 'ARCHIVE_FILES')
    assert.match(fault.message, /2 files/)
    const many = Array.from({ length: 1_100 }, (_, at) => ({ name: `${at}.csv`, content: '' }))
    await assertRefused(open(makeZip(many), 'a.zip'), 'ARCHIVE_BOMB')
    const locked = zip(csv)
    const central = locked.lastIndexOf('PK\x01\x02', undefined, 'latin1')
    for (const at of [6, central + 8]) locked.writeUInt16LE(1, at)
    await assertRefused(open(locked, 'a.zip'), 'ARCHIVE_ENCRYPTED')
    const odd = zip(csv)
    for (const at of [8, central + 10]) odd.writeUInt16LE(9, at)
    await assertRefused(open(odd, 'a.zip'), 'FORMAT_UNSUPPORTED')
  })
})

describe('OpenPGP on the way in', () => {
  const make = (name: string) =>
    openpgp.generateKey({ type: 'ecc', userIDs: [{ name }], format: 'object' })
  let ours: Awaited<ReturnType<typeof make>>
  let theirs: Awaited<ReturnType<typeof make>>
  let sender: Awaited<ReturnType<typeof make>>
  let keyring: PgpKeyring
  before(async () => {
    ours = await make('Court')
    theirs = await make('Other court')
    sender = await make('Clerk')
    keyring = { privateKeys: [ours.privateKey.armor()], senderKeys: [] }
  })

  const encrypt = async (
    content: string | Uint8Array,
    options: Partial<Parameters<typeof openpgp.encrypt>[0]> = {},
  ): Promise<Buffer> => {
    const message = await openpgp.createMessage({ binary: Buffer.from(content) })
    const encrypted: unknown = await openpgp.encrypt({
      message,
      encryptionKeys: ours.publicKey,
      format: 'binary',
      ...options,
    } as Parameters<typeof openpgp.encrypt>[0])
    return Buffer.from(encrypted as Uint8Array)
  }

  it('opens binary and armored files, with gzip or zip inside, compressed or not', async () => {
    const variants: [string, Buffer, string[]][] = [
      ['a.csv.pgp', await encrypt(csv), ['pgp']],
      ['a.csv.asc', await encrypt(csv, { format: 'armored' as never }), ['pgp']],
      ['a.csv.gz.gpg', await encrypt(gzipSync(csv)), ['pgp', 'gzip']],
      ['a.csv', await encrypt(zip(csv, 'a.csv')), ['pgp', 'zip']],
      [
        'a.csv.gpg',
        await encrypt(csv, {
          config: { preferredCompressionAlgorithm: openpgp.enums.compression.zlib },
        }),
        ['pgp'],
      ],
      ['a.csv.pgp', await encrypt(csv, { config: { aeadProtect: true } }), ['pgp']],
      ['a.csv.pgp', await encrypt(csv, { wildcard: true }), ['pgp']],
    ]
    for (const [name, content, layers] of variants) {
      const opened = await open(content, name, keyring)
      assert.deepEqual(opened.layers, layers, name)
      assert.equal(opened.name, 'a.csv')
      assert.equal(await readFile(opened.path, 'utf8'), csv)
      assert.deepEqual(opened.hashes, { sent: sha256(content), content: sha256(csv) })
      await opened.close()
      await assertNothingLeft()
    }
  })

  it('says for which key a file is that nobody here can open', async () => {
    const content = await encrypt(csv, { encryptionKeys: theirs.publicKey })
    const fault = await assertRefused(open(content, 'a.pgp', keyring), 'PGP_KEY_UNKNOWN')
    const subkey = theirs.publicKey.getSubkeys()[0]?.getKeyID().toHex().toUpperCase() ?? '-'
    assert.match(fault.message, new RegExp(subkey))
    await assertRefused(open(content, 'a.pgp'), 'PGP_KEY_UNKNOWN')
  })

  it('refuses a file that was cut or changed, also behind its readable part', async () => {
    for (const whole of [
      await encrypt(csv),
      await encrypt(csv, { config: { aeadProtect: true } }),
    ]) {
      for (const share of [0.3, 0.9, 0.999]) {
        const cut = whole.subarray(0, Math.floor(whole.length * share))
        await assertRefused(open(cut, 'a.pgp', keyring), 'ARCHIVE_CORRUPT')
      }
      const changed = Buffer.from(whole)
      changed.writeUInt8(changed.readUInt8(whole.length - 200) ^ 1, whole.length - 200)
      await assertRefused(open(changed, 'a.pgp', keyring), 'ARCHIVE_CORRUPT')
    }
  })

  it('refuses what is not encrypted for a key', async () => {
    const byPassword = await encrypt(csv, { encryptionKeys: [], passwords: ['secret'] })
    await assertRefused(open(byPassword, 'a.pgp', keyring), 'PGP_INVALID')
    const message = await openpgp.createMessage({ text: csv })
    const signed: unknown = await openpgp.sign({ message, signingKeys: sender.privateKey })
    await assertRefused(open(String(signed), 'a.asc', keyring), 'PGP_INVALID')
    const clear = await openpgp.sign({
      message: await openpgp.createCleartextMessage({ text: csv }),
      signingKeys: sender.privateKey,
    })
    await assertRefused(open(clear, 'a.asc', keyring), 'PGP_INVALID')
    await assertRefused(open(ours.publicKey.armor(), 'key.asc', keyring), 'PGP_INVALID')
    await assertRefused(open(csv, 'a.csv.pgp', keyring), 'PGP_INVALID')
  })

  it('refuses OpenPGP in OpenPGP, and a bomb', async () => {
    await assertRefused(open(await encrypt(await encrypt(csv)), 'a.pgp', keyring), 'ARCHIVE_NESTED')
    const bomb = await encrypt(Buffer.alloc(80 * 1_048_576), {
      config: { preferredCompressionAlgorithm: openpgp.enums.compression.zlib },
    })
    await assertRefused(open(bomb, 'a.pgp', keyring), 'ARCHIVE_BOMB')
    const large = await encrypt(csv)
    await assertRefused(open(large, 'a.pgp', keyring, 1_000), 'ARCHIVE_BOMB')
  })

  it('asks for the signature of a sender where one is known', async () => {
    const strict = { ...keyring, senderKeys: [sender.publicKey.armor()] }
    const signed = await encrypt(csv, { signingKeys: sender.privateKey })
    await (await open(signed, 'a.pgp', strict)).close()
    const stranger = await encrypt(csv, { signingKeys: theirs.privateKey })
    await assertRefused(open(stranger, 'a.pgp', strict), 'PGP_SIGNATURE')
    await assertRefused(open(await encrypt(csv), 'a.pgp', strict), 'PGP_SIGNATURE')
    await (await open(stranger, 'a.pgp', keyring)).close()
  })
})

describe('the end of a packed file', () => {
  const examine = async (content: Uint8Array, fileName: string) =>
    examineFile(await files.write(content, 'sent'), {
      fileName,
      open: (path, name) =>
        openContainer(path, name, { folder, keys: () => Promise.resolve(noKeys) }),
    })

  it('is judged inside, while size and hash are those of the sent bytes', async () => {
    const content = gzipSync(csv)
    const { bytes, sha256: hash, evidence } = await examine(content, 'night.csv.gz')
    assert.equal(bytes, content.length)
    assert.equal(hash, sha256(content))
    assert.equal(evidence.verdict, 'complete')
    assert.equal(evidence.kind, 'csv')
    assert.equal(evidence.records, 2_001)
    assert.match(evidence.findings.join(' '), /gzip/)
    const cutInside = await examine(gzipSync(csv.slice(0, -8)), 'night.csv.gz')
    assert.equal(cutInside.evidence.verdict, 'missing')
    await assertNothingLeft()
  })

  it('is missing where the container itself is cut', async () => {
    const { evidence, bytes } = await examine(gzipSync(csv).subarray(0, -20), 'night.csv.gz')
    assert.equal(evidence.verdict, 'missing')
    assert.match(evidence.findings.join(' '), /cut off/)
    assert.ok(bytes > 0)
  })

  it('is there where the container is refused for another reason', async () => {
    const { evidence } = await examine(gzipSync(gzipSync(csv)), 'night.gz')
    assert.equal(evidence.verdict, 'complete')
    assert.match(evidence.findings.join(' '), /another one/)
  })
})

describe('opened content after a crash', () => {
  it('is removed at the next start, but not that of a living process', async () => {
    const place = await mkdtemp(join(tmpdir(), 'docketdrop-swept-'))
    const id = '00000000-0000-7000-8000-000000000000'
    const dead = `4194999-${id}.opened`
    const own = `${process.pid}-${id}.opened`
    const alive = `${process.ppid}-${id}.opened`
    for (const name of [dead, own, alive, 'notes.txt']) await writeFile(join(place, name), 'x')
    assert.equal(await sweepOpened(place), 2)
    assert.deepEqual((await readdir(place)).sort(), [alive, 'notes.txt'].sort())
    assert.equal(await sweepOpened(join(place, 'none')), 0)
    await rm(place, { recursive: true })
  })
})
