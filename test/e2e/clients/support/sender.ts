import assert from 'node:assert/strict'
import { createHash, randomBytes } from 'node:crypto'
import { mkdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { basename, join } from 'node:path'
import { before } from 'mocha'
import { ecrFile, ecrRow, ecrTemplate } from '../../../support/ecr.ts'
import type { TestHome } from '../../../support/serve.ts'
import type { ClientKey, Target } from '../../../support/ssh-session.ts'
import { poll } from './poll.ts'
import { startSharedServe } from './shared-serve.ts'

/** A file on the sender's disk. */
export interface LocalFile {
  readonly name: string
  readonly path: string
  readonly content: Buffer
  readonly sha256: string
  /** Rows of a report, 0 for bytes without meaning. */
  readonly rows: number
}

/** What `uploads list` says of one upload. */
export interface ListedUpload {
  readonly uploadId: string
  readonly fileName: string
  readonly state: string
  readonly reason: string | null
  readonly bytes: number
  readonly sha256: string | null
}

interface Expected {
  readonly states: readonly string[]
  readonly rows: number
}

/** An agency with a template and a key, and the folder from which its files are sent. */
export interface Sender {
  readonly agency: string
  readonly home: TestHome
  /** Folder of the client: its files, its home. */
  readonly folder: string
  readonly target: Target
  readonly rsa: ClientKey
  /** Lines of the server's log. */
  readonly log: readonly string[]
  /** Writes a report whose rows no other file has. */
  report(name: string, rows?: number): LocalFile
  /** Writes bytes without meaning, which the importer refuses when they have arrived. */
  noise(name: string, bytes: number): LocalFile
  /** Waits until the file is imported whole, with all its rows, and stands in the archive. */
  awaitImported(file: LocalFile, earlier?: readonly string[]): Promise<void>
  /** Waits until bytes without meaning have arrived whole and were refused for what they are. */
  awaitRefused(file: LocalFile, earlier?: readonly string[]): Promise<void>
  /** The uploads of a name, newest first. */
  uploads(name: string): ListedUpload[]
  /** Waits until the newest upload of the name is in one of the states. */
  awaitState(name: string, states: readonly string[]): Promise<ListedUpload>
  /** What the last check of the suite finds of each name: states, newest first, and imported rows. */
  readonly expected: Map<string, Expected>
  /** Says which states the uploads of a name end in, newest first; rows add up. */
  expect(name: string, states: readonly string[], rows?: number): void
  /** Path on the server's disk. */
  inbox(...segments: string[]): string
}

interface Receipt {
  readonly uploadId: string
  readonly sha256: string
  readonly bytes: number
  readonly state: string
  readonly reason: string | null
  readonly rows: { readonly accepted: number }
  readonly records: { readonly clients: { readonly created: number } }
}

function readReceipt(sender: Sender, file: LocalFile): Receipt | undefined {
  const path = join(sender.inbox(), '..', 'outbox', `${file.name}.receipt.json`)
  try {
    const receipt = JSON.parse(readFileSync(path, 'utf8')) as Receipt
    return receipt.sha256 === file.sha256 ? receipt : undefined
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined
    throw error
  }
}

/** What is left in the inbox, folders aside. */
function filesInInbox(sender: Sender): string[] {
  const names = sender.home.list(sender.agency, 'inbox')
  return names.filter((name) => statSync(sender.inbox(name)).isFile())
}

async function awaitReceipt(sender: Sender, file: LocalFile): Promise<Receipt> {
  try {
    return await poll(`the receipt of ${file.name}`, () => readReceipt(sender, file))
  } catch (error) {
    const told = sender.log.slice(-20).join('\n')
    const listed = JSON.stringify(sender.uploads(file.name))
    throw new Error(`${(error as Error).message}\n${listed}\n${told}`, { cause: error })
  }
}

/** The bytes stand in the archive, and the inbox has let go of them. */
async function awaitArchived(sender: Sender, file: LocalFile, area: string, id: string) {
  const id8 = id.slice(-8)
  const archived = await poll(`${file.name} in ${area}`, () =>
    sender.home
      .list(sender.agency, area)
      .find((name) => name.includes(`__${id8}.`) && !/\.(receipt\.json|error\.txt)$/.test(name)),
  )
  const kept = readFileSync(join(sender.inbox(), '..', area, archived))
  assert.ok(kept.equals(file.content), `${archived} differs from what was sent`)
  const isGone = () => !filesInInbox(sender).some((name) => basename(name) === file.name)
  await poll(`the inbox without ${file.name}`, isGone)
}

function createSender(parts: Pick<Sender, 'agency' | 'home' | 'target' | 'rsa' | 'log'>): Sender {
  const { agency, home } = parts
  const folder = join(home.root, `client-${agency}`)
  mkdirSync(folder)
  const expected = new Map<string, Expected>()
  let rowsMade = 0

  function write(name: string, content: Buffer, rows: number): LocalFile {
    const path = join(folder, name)
    mkdirSync(join(path, '..'), { recursive: true })
    writeFileSync(path, content)
    const sha256 = createHash('sha256').update(content).digest('hex')
    return { name: basename(name), path, content, sha256, rows }
  }

  const sender: Sender = {
    ...parts,
    folder,
    report(name, rows = 300) {
      const first = rowsMade
      rowsMade += rows
      const text = ecrFile(Array.from({ length: rows }, (_, index) => ecrRow(first + index)))
      return write(name, Buffer.from(text), rows)
    },
    noise: (name, bytes) => write(name, randomBytes(bytes), 0),
    async awaitImported(file, earlier = []) {
      sender.expect(file.name, ['imported', ...earlier], file.rows)
      const receipt = await awaitReceipt(sender, file)
      assert.equal(receipt.state, 'imported', JSON.stringify(receipt))
      assert.equal(receipt.bytes, file.content.length)
      assert.equal(receipt.rows.accepted, file.rows)
      assert.equal(receipt.records.clients.created, file.rows)
      await awaitArchived(sender, file, 'processed', receipt.uploadId)
    },
    async awaitRefused(file, earlier = []) {
      sender.expect(file.name, ['refused', ...earlier])
      const receipt = await awaitReceipt(sender, file)
      assert.deepEqual([receipt.state, receipt.reason], ['refused', 'BINARY_CONTENT'])
      assert.equal(receipt.bytes, file.content.length)
      await awaitArchived(sender, file, 'error', receipt.uploadId)
    },
    uploads: (name) => home.cli('uploads', 'list', agency, '--file', name).data as ListedUpload[],
    awaitState: (name, states) =>
      poll(`${name} to be ${states.join(' or ')}`, () => {
        const [newest] = sender.uploads(name)
        return newest !== undefined && states.includes(newest.state) ? newest : undefined
      }),
    expected,
    expect(name, states, rows = 0) {
      expected.set(name, { states, rows: rows + (expected.get(name)?.rows ?? 0) })
    },
    inbox: (...segments) => join(home.home, 'agencies', agency, 'inbox', ...segments),
  }
  return sender
}

/** Gives the surrounding suite an agency of its own on the shared server; `rsa` registers that key too. */
export function useSender(agency: string, { rsa: hasRsa = false } = {}): Sender {
  const sender = {} as Sender
  before(async function () {
    this.timeout(120_000)
    const { home, served, ed25519, rsa } = await startSharedServe()
    const target = { port: served.sftpPort, account: agency, key: ed25519 }
    const made = createSender({ agency, home, target, rsa, log: served.lines })
    const template = home.write(`${agency}.yaml`, ecrTemplate)
    for (const command of [
      ['agency', 'add', agency, '--name', agency, '--time-zone', 'America/Chicago'],
      ['key', 'add', agency, `${ed25519.path}.pub`],
      ...(hasRsa ? [['key', 'add', agency, `${rsa.path}.pub`]] : []),
      ['template', 'import', agency, template],
    ])
      assert.equal(home.cli(...command).code, 0, command.join(' '))
    Object.assign(sender, made)
  })
  return sender
}

/** The last test of a suite: all its uploads, and nothing more than them. */
export function itImportedEachOnce(sender: Sender): void {
  it('has imported every file once and left nothing in the inbox', () => {
    const states: Record<string, string[]> = {}
    const listed = sender.home.cli('uploads', 'list', sender.agency).data as ListedUpload[]
    for (const { fileName, state } of listed) (states[fileName] ??= []).push(state)
    const expected = [...sender.expected]
    const ends = expected.map(([name, each]) => [name, each.states] as const)
    assert.deepEqual(states, Object.fromEntries(ends))
    assert.deepEqual(filesInInbox(sender), [])
  })
}

/** For suites in which parts of files arrive: the records are those of the whole files, as their receipts counted them. */
export function itKeptWholeFilesOnly(sender: Sender): void {
  it('has no record of a file that was not whole', () => {
    const rows = [...sender.expected.values()].reduce((sum, each) => sum + each.rows, 0)
    assert.equal(sender.home.records(sender.agency, 'clients').length, rows)
  })
}
