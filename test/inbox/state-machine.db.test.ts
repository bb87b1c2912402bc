import assert from 'node:assert/strict'
import { createHash, randomUUID } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import fc from 'fast-check'
import { before, describe, it } from 'mocha'
import { AppError } from '../../src/errors/index.ts'
import type { Inbox, IncomingFile, Upload } from '../../src/inbox/index.ts'
import { useDatabase } from '../support/database.ts'
import { append, create, createFixture, finish, fixtureSettings, resume } from './inbox-fixture.ts'
import type { Fixture } from './inbox-fixture.ts'

const isLong = process.env['TEST_SIZE'] === 'long'
const names = ['a.csv', 'b.csv', 'a.csv.part'] as const
const sessions = 2

/** What may follow what: design/interface.md §7, and a file that is removed while it is still open. */
const table: Readonly<Record<string, readonly string[]>> = {
  '': ['receiving', 'received', 'partial', 'withdrawn'],
  receiving: ['received', 'partial', 'withdrawn'],
  partial: ['receiving', 'superseded', 'withdrawn'],
  received: ['queued', 'held', 'withdrawn', 'receiving'],
  held: ['queued', 'refused', 'superseded', 'withdrawn'],
  queued: ['importing', 'refused', 'withdrawn'],
  importing: ['imported', 'imported-with-rejects', 'refused', 'duplicate', 'held', 'queued'],
  imported: ['undone'],
}

interface Handle {
  readonly file: IncomingFile
  readonly session: number
  /** What its sender believes to have written; undefined when it went on with something. */
  content: string | undefined
  isTaken: boolean
}

/** The real thing, and what its clients believe. */
interface World {
  readonly fixture: Fixture
  readonly inbox: Inbox
  readonly worker: Inbox
  readonly ids: string[]
  handles: Handle[]
  /** SHA-256 of the bytes at the last OK of each upload. */
  readonly acknowledged: Map<string, string>
  counter: number
}

const hashOf = (bytes: string | Buffer) => createHash('sha256').update(bytes).digest('hex')

async function bytesOf(world: World, upload: Upload): Promise<Buffer> {
  return readFile(await world.inbox.uploads.locate(upload))
}

/** Senders may be refused, but only in words; anything else is a defect. */
async function politely(work: () => Promise<void>): Promise<void> {
  try {
    await work()
  } catch (error) {
    if (!(error instanceof AppError) || error.code === 'INTERNAL') throw error
  }
}

async function takeAll(world: World): Promise<Upload[]> {
  return world.inbox.uploads.list(world.fixture.agency.agencyId)
}

async function check(world: World): Promise<void> {
  const open = new Set(world.handles.map(({ file }) => file.uploadId))
  const uploads = new Map((await takeAll(world)).map((upload) => [upload.uploadId, upload]))
  for (const [uploadId, hash] of world.acknowledged) {
    if (open.has(uploadId)) continue
    const upload = uploads.get(uploadId)
    assert.ok(upload, 'an acknowledged file has a row')
    if (upload.state === 'receiving') continue
    assert.equal(
      hashOf(await bytesOf(world, upload)),
      hash,
      `${upload.state} bytes are those of the OK`,
    )
  }
  const { rows } = await world.fixture.db.raw<{ rows: { before: string; now: string }[] }>(
    'select distinct before, now from seen_states',
  )
  for (const { before, now } of rows)
    assert.ok(table[before]?.includes(now), `${before || 'nothing'} is followed by ${now}`)
}

class Step implements fc.AsyncCommand<object, World> {
  readonly name: string
  readonly work: (world: World) => Promise<void>
  constructor(name: string, work: (world: World) => Promise<void>) {
    this.name = name
    this.work = work
  }
  check(): boolean {
    return true
  }
  async run(_model: object, world: World): Promise<void> {
    await this.work(world)
    await check(world)
  }
  toString(): string {
    return this.name
  }
}

const step = (name: string, work: (world: World) => Promise<void>) => new Step(name, work)
const sender = ({ fixture, ids }: World, session: number) => fixture.sender(ids[session])
const pick = ({ handles }: World, at: number): Handle | undefined =>
  handles.length === 0 ? undefined : handles[at % handles.length]

function drop(world: World, handle: Handle): void {
  world.handles = world.handles.filter((one) => one !== handle)
}

async function openFile(world: World, session: number, name: string, how: number): Promise<void> {
  const mode = [create, resume, append][how] ?? create
  const file = await world.inbox.receiving.openFile(sender(world, session), [name], mode)
  const size = (await file.stat()).size
  for (const one of world.handles) if (one.file.uploadId === file.uploadId) one.isTaken = true
  const content = size === 0 ? '' : undefined
  world.handles.push({ file, session, content, isTaken: false })
}

async function write(world: World, at: number, hole: boolean): Promise<void> {
  const handle = pick(world, at)
  if (handle === undefined) return
  world.counter += 1
  const text = `row ${world.counter},${'x'.repeat(world.counter % 50)},end\r\n`
  const { size } = await handle.file.stat()
  await handle.file.write([Buffer.from(text)], size + (hole ? 7 : 0))
  handle.content = hole || handle.content === undefined ? undefined : handle.content + text
}

async function close(world: World, at: number): Promise<void> {
  const handle = pick(world, at)
  if (handle === undefined) return
  drop(world, handle)
  const { uploadId } = handle.file
  await handle.file.close()
  assert.ok(!handle.isTaken, 'no OK for a file that another connection went on with')
  const upload = (await takeAll(world)).find((one) => one.uploadId === uploadId)
  assert.ok(upload)
  const bytes = await bytesOf(world, upload)
  if (handle.content !== undefined) assert.equal(bytes.toString(), handle.content)
  world.acknowledged.set(uploadId, hashOf(bytes))
}

async function cut(world: World, session: number): Promise<void> {
  for (const handle of world.handles.filter((one) => one.session === session)) {
    drop(world, handle)
    await handle.file.abandon('CONNECTION_LOST')
  }
  await world.inbox.receiving.endSession(world.ids[session] ?? '')
  world.ids[session] = randomUUID()
}

async function importNext(world: World, end: number): Promise<void> {
  const claim = await world.worker.queue.claim()
  if (claim === undefined) return
  assert.ok(world.acknowledged.has(claim.upload.uploadId), 'only what was answered OK is imported')
  assert.equal(hashOf(await readFile(claim.path)), world.acknowledged.get(claim.upload.uploadId))
  const state = (['imported', 'held', 'refused'] as const)[end] ?? 'imported'
  const reason = state === 'imported' ? null : 'GUARD_ROWS'
  await finish(world.fixture.db, world.worker, claim, { state, reason })
}

async function release(world: World, at: number): Promise<void> {
  const held = (await takeAll(world)).filter(({ state }) => state === 'held')
  const upload = held[at % Math.max(1, held.length)]
  if (upload === undefined) return
  await world.inbox.uploads.release(upload.agencyId, upload.uploadId, 'test', { force: true })
}

const session = fc.integer({ min: 0, max: sessions - 1 })
const name = fc.constantFrom(...names)
const index = fc.integer({ min: 0, max: 5 })

const commands = [
  fc
    .tuple(session, name, fc.integer({ min: 0, max: 2 }))
    .map(([who, path, how]) =>
      step(`open ${path} ${how} by ${who}`, (world) =>
        politely(() => openFile(world, who, path, how)),
      ),
    ),
  fc
    .tuple(index, fc.integer({ min: 0, max: 9 }))
    .map(([at, hole]) =>
      step(`write ${at}${hole === 0 ? ' behind a hole' : ''}`, (world) =>
        politely(() => write(world, at, hole === 0)),
      ),
    ),
  index.map((at) => step(`close ${at}`, (world) => politely(() => close(world, at)))),
  session.map((who) => step(`cut ${who}`, (world) => cut(world, who))),
  fc
    .tuple(session, name, name)
    .map(([who, from, to]) =>
      step(`rename ${from} to ${to}`, (world) =>
        politely(() =>
          world.inbox.receiving.rename(sender(world, who), [from], [to], { overwrite: true }),
        ),
      ),
    ),
  fc
    .tuple(session, name)
    .map(([who, path]) =>
      step(`remove ${path}`, (world) =>
        politely(() => world.inbox.receiving.remove(sender(world, who), [path])),
      ),
    ),
  fc.constant(
    step('settle', async ({ inbox }) => {
      await inbox.settleOnce()
    }),
  ),
  fc.constant(
    step('reconcile elsewhere', async ({ worker }) => {
      await worker.settleOnce()
    }),
  ),
  fc
    .integer({ min: 0, max: 2 })
    .map((end) => step(`import ${end}`, (world) => importNext(world, end))),
  index.map((at) => step(`release ${at}`, (world) => politely(() => release(world, at)))),
]

describe('the states of an upload, whatever its clients do', function () {
  this.timeout(isLong ? 900_000 : 120_000)
  const database = useDatabase()

  before(async () => {
    await database.db.raw(`create table seen_states (upload_id uuid, before text, now text)`)
    await database.db.raw(`
      create function note_state() returns trigger language plpgsql as $$
      begin
        if tg_op = 'INSERT' then insert into seen_states values (new.upload_id, '', new.state);
        elsif old.state <> new.state then insert into seen_states values (new.upload_id, old.state, new.state);
        end if;
        return new;
      end $$`)
    await database.db.raw(`
      create trigger note_state after insert or update on uploads
         for each row execute function note_state()`)
  })

  it('follow the table, and every acknowledged file keeps its bytes under its own id', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.commands(commands, { maxCommands: isLong ? 60 : 30, size: 'max' }),
        async (steps) => {
          await database.db('seen_states').delete()
          const settings = { ...fixtureSettings, settleMs: 0 }
          const fixture = await createFixture(database.db, { settings })
          const world: World = {
            fixture,
            inbox: fixture.inbox,
            worker: fixture.another(),
            ids: Array.from({ length: sessions }, () => randomUUID()),
            handles: [],
            acknowledged: new Map(),
            counter: 0,
          }
          try {
            await fc.asyncModelRun(() => ({ model: {}, real: world }), steps)
            for (let who = 0; who < sessions; who += 1) await cut(world, who)
            await check(world)
          } finally {
            await fixture.close()
          }
        },
      ),
      { numRuns: isLong ? 400 : 12 },
    )
  })
})
