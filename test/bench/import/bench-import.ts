import { existsSync, mkdtempSync } from 'node:fs'
import { rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { settings } from '../../../src/config/index.ts'
import { connect, migrateUp } from '../../../src/db/index.ts'
import type { Db } from '../../../src/db/index.ts'
import { openEmbedded } from '../../../src/db/embedded/index.ts'
import { createLogger } from '../../../src/log/index.ts'
import { countEcrStream } from '../../../src/sample/index.ts'
import { formatSpread, toRatios, toSpread } from '../ratios.ts'
import { benchBeside } from './beside.ts'
import { benchEndToEnd } from './end-to-end.ts'
import { makeMaterial } from './material.ts'
import type { Material } from './material.ts'
import { copyBare, createPeerTables, hasPsql, parseAlone, upsertBatches } from './peers.ts'
import { createProduct } from './product.ts'
import type { Measured, Product } from './product.ts'

type Tell = (line: string) => void

/** Seconds of one kind of import, round by round, and of what it is compared with. */
interface Series {
  readonly ours: number[]
  readonly bare: number[]
  /** csv-parse alone, and our statements on rows that are loaded already. */
  readonly sum: number[]
  readonly timings: Readonly<Record<string, number>>[]
}

const kinds = ['first', 'identical', '5 % changed'] as const
type Kind = (typeof kinds)[number]

const warmRows = 10_000

/** From this many rows on the batched upserts only cost patience. */
const mostUpserts = 100_000

interface Server {
  readonly url: string
  /** Empty database with the product's tables and the peers'. */
  openDatabase(name: string): Promise<{ db: Db; url: string; drop(): Promise<void> }>
  stop(): Promise<void>
}

/** An embedded PostgreSQL as a home has it, durable, with the product's own settings. */
async function startServer(): Promise<Server> {
  const home = mkdtempSync(join(tmpdir(), 'dd-bench-'))
  const server = await openEmbedded({
    home,
    settings: settings.shape.postgres.parse({}),
    log: createLogger({ level: 'warn', format: 'pretty' }),
    mayCreate: true,
  })
  const admin = connect({ url: server.url, poolMax: 1, applicationName: 'bench' })
  return {
    url: server.url,
    async openDatabase(name) {
      await admin.raw('create database ??', [name])
      const url = new URL(server.url)
      url.pathname = `/${name}`
      const db = connect({ url: url.href, poolMax: 4, applicationName: 'bench' })
      await migrateUp(db)
      await createPeerTables(db)
      return {
        db,
        url: url.href,
        async drop() {
          await db.destroy()
          await admin.raw('drop database ?? with (force)', [name])
        },
      }
    },
    async stop() {
      await admin.destroy()
      await server.release()
      await rm(home, { recursive: true, force: true, maxRetries: 5 })
    },
  }
}

const settle = (db: Db) => db.raw('vacuum analyze').then(() => db.raw('checkpoint'))

function assertRecords(kind: Kind, { outcome }: Measured, material: Material): void {
  const { clients, cases, events } = outcome.report.records
  const wanted = countEcrStream(material.rows)
  const seen = [clients, cases, events].map(({ created, updated, unchanged }) => ({
    all: created + updated + unchanged,
    created,
    updated,
  }))
  const changed = kind === '5 % changed' ? material.changedEvents : 0
  const isRight =
    seen[0]?.all === wanted.clients &&
    seen[1]?.all === wanted.cases &&
    seen[2]?.all === wanted.events &&
    seen.every(({ all, created }) => created === (kind === 'first' ? all : 0)) &&
    seen[2].updated === changed
  if (!isRight) throw new Error(`${kind}: ${JSON.stringify(outcome.report.records)}`)
}

async function assertSameRecords(db: Db): Promise<void> {
  const { rows } = await db.raw<{ rows: Record<string, number>[] }>(`
    select (select count(*) from clients where agency_id = 1) - (select count(*) from peer.clients)           as clients,
           (select count(*) from cases where agency_id = 1) - (select count(*) from peer.cases)               as cases,
           (select count(*) from events where agency_id = 1) - (select count(*) from peer.events)             as events,
           (select count(*) from participants where agency_id = 1) - (select count(*) from peer.participants) as participants`)
  if (Object.values(rows[0] ?? { none: 1 }).some((difference) => difference !== 0))
    throw new Error(`the peer has other records: ${JSON.stringify(rows)}`)
}

const toMergeSeconds = ({ outcome }: Measured): number => {
  const { totalMs: _all, copyMs: _reading, ...phases } = outcome.report.timings
  return Object.values(phases).reduce((sum, ms) => sum + ms, 0) / 1000
}

interface SizeResult {
  readonly series: Readonly<Record<Kind, Series>>
  readonly upserts: number[]
  readonly peaks: number[]
}

async function runRound(
  server: Server,
  material: Material,
  round: number,
  result: SizeResult,
  tell: Tell,
): Promise<void> {
  const { db, url, drop } = await server.openDatabase(`round_${material.rows}_${round}`)
  let product: Product | undefined
  try {
    product = await createProduct(db, url)
    const agency = await product.openAgency('bench')
    // The server's worker stays from night to night; a new one would read its first rows uncompiled.
    const warm = await makeMaterial(join(tmpdir(), `dd-warm-${process.pid}`), warmRows)
    await product.importFile(await product.openAgency('warm'), warm.base)
    await warm.remove()
    const figures: string[] = []
    for (const kind of kinds) {
      const file = kind === '5 % changed' ? material.changed : material.base
      await settle(db)
      const bare = await copyBare(db, url, file, material.rows)
      const measured = await product.importFile(agency, file)
      const parse = await parseAlone(file, material.rows)
      assertRecords(kind, measured, material)
      figures.push(
        `${kind} ${measured.seconds.toFixed(2)} s (bare ${bare.toFixed(2)}, csv-parse ${parse.toFixed(2)})`,
      )
      if (round === 0) continue
      const { ours, bare: bares, sum, timings } = result.series[kind]
      ours.push(measured.seconds)
      bares.push(bare)
      sum.push(parse + toMergeSeconds(measured))
      timings.push(measured.outcome.report.timings)
    }
    if (material.rows <= mostUpserts) {
      await upsertBatches(db, material.base)
      await settle(db)
      const upserts = await upsertBatches(db, material.base)
      await assertSameRecords(db)
      figures.push(`knex again ${upserts.toFixed(2)} s`)
      if (round > 0) result.upserts.push(upserts)
    }
    if (round > 0) result.peaks.push(product.peakBytes())
    tell(`  ${material.rows} rows, ${round === 0 ? 'warm-up' : round}: ${figures.join('  ')}`)
  } finally {
    await product?.stop()
    await drop()
  }
}

function tellWhere(timings: Series['timings'], tell: Tell): void {
  const names = Object.keys(timings[0] ?? {})
  const shown = names
    .map((name) => ({
      name: name.replace(/Ms$/, ''),
      ms: toSpread(timings.map((one) => one[name] ?? 0)).median,
    }))
    .filter(({ ms }) => ms >= 1)
    .map(({ name, ms }) => `${name === 'copy' ? 'read and copy' : name} ${Math.round(ms)}`)
  tell(`    milliseconds: ${shown.join(', ')}`)
}

async function runSize(
  server: Server,
  rows: number,
  rounds: number,
  tell: Tell,
): Promise<SizeResult> {
  const material = await makeMaterial(join(tmpdir(), `dd-material-${process.pid}`), rows)
  const empty = (): Series => ({ ours: [], bare: [], sum: [], timings: [] })
  const series = { first: empty(), identical: empty(), '5 % changed': empty() }
  const result: SizeResult = { series, upserts: [], peaks: [] }
  try {
    for (let round = 0; round <= rounds; round += 1)
      await runRound(server, material, round, result, tell)
  } finally {
    await material.remove()
  }
  for (const kind of kinds) {
    const { ours, bare, sum, timings } = series[kind]
    const rate = toSpread(ours.map((taken) => rows / taken / 1000))
    tell(
      `${rows} rows, ${kind}: ${formatSpread(toRatios(ours, bare), 1)} x bare copy, ${formatSpread(toRatios(ours, sum))} x (csv-parse + merge), ${formatSpread(rate, 1)} thousand rows/s`,
    )
    tellWhere(timings, tell)
  }
  if (result.upserts.length > 0)
    tell(
      `${rows} rows, identical: ${formatSpread(toRatios(series.identical.ours, result.upserts))} x batched knex upserts`,
    )
  const peak = toSpread(result.peaks.map((bytes) => bytes / 1024 / 1024))
  tell(`${rows} rows: peak memory of the worker ${formatSpread(peak, 0)} MiB`)
  return result
}

/** The same rows as a workbook and as CSV, each into an empty agency. */
async function runWorkbook(
  server: Server,
  rows: number,
  rounds: number,
  tell: Tell,
): Promise<void> {
  const material = await makeMaterial(join(tmpdir(), `dd-workbook-${process.pid}`), rows)
  const { db, url, drop } = await server.openDatabase(`workbook_${rows}`)
  const product = await createProduct(db, url)
  try {
    const workbook = await material.writeWorkbook()
    const csv: number[] = []
    const xlsx: number[] = []
    for (let round = 0; round <= rounds; round += 1) {
      for (const [path, list] of [
        [material.base, csv],
        [workbook, xlsx],
      ] as const) {
        const agency = await product.openAgency(`w${round}-${list === csv ? 'csv' : 'xlsx'}`)
        await settle(db)
        const measured = await product.importFile(agency, path)
        assertRecords('first', measured, material)
        if (round > 0) list.push(measured.seconds)
      }
    }
    tell(`${rows} rows as a workbook: ${formatSpread(toRatios(xlsx, csv))} x the same rows as CSV`)
  } finally {
    await product.stop()
    await drop()
    await material.remove()
  }
}

/** The importer beside a bare COPY, csv-parse and batched upserts; see reference/performance.md §H. */
export async function benchImport(args: readonly string[]): Promise<void> {
  const { values } = parseArgs({
    args: [...args],
    options: {
      rows: { type: 'string', multiple: true, default: ['1000', '10000', '100000', '1000000'] },
      rounds: { type: 'string', default: '5' },
      only: { type: 'string', multiple: true, default: ['sizes', 'workbook', 'end', 'beside'] },
      files: { type: 'string', default: '50' },
    },
  })
  const tell: Tell = (line) => void process.stdout.write(`${line}\n`)
  if (!existsSync('/proc/self/status')) {
    tell('not run here: memory is read from /proc, which only Linux has')
    return
  }
  // Workers take their loader from here, and the built one needs none.
  process.execArgv = []
  if (!hasPsql) tell('psql is not installed: the bare copy goes through pg-copy-streams')
  const rounds = Number(values.rounds)
  const sizes = values.rows.map(Number)
  const server = await startServer()
  try {
    if (values.only.includes('sizes')) {
      const peaks = new Map<number, number>()
      for (const rows of sizes) {
        const { peaks: bytes } = await runSize(server, rows, rows > 500_000 ? 1 : rounds, tell)
        peaks.set(rows, toSpread(bytes).median)
      }
      const [small, large] = [peaks.get(100_000), peaks.get(1_000_000)]
      if (small !== undefined && large !== undefined)
        tell(`peak memory of 1,000,000 rows: ${(large / small).toFixed(2)} x that of 100,000`)
    }
    if (values.only.includes('workbook'))
      await runWorkbook(server, Math.min(100_000, Math.max(...sizes)), rounds, tell)
  } finally {
    await server.stop()
  }
  if (values.only.includes('end')) await benchEndToEnd(Number(values.files), tell)
  if (values.only.includes('beside')) await benchBeside(Math.max(...sizes), rounds, tell)
}
