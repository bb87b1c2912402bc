import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Agency } from '../../agencies/index.ts'
import { AppError } from '../../errors/index.ts'
import type { MessageJson } from '../../messaging/index.ts'
import { findPlanResult } from '../../records/index.ts'
import {
  createCourt,
  createNight,
  expectRecords,
  templateFor,
  writeNight,
} from '../../sample/index.ts'
import type { Night, SheetOptions } from '../../sample/index.ts'
import type { CliContext } from '../context.ts'
import { startProgress } from '../progress.ts'
import { startServer } from '../start-server.ts'
import type { RunningServer } from '../start-server.ts'
import { toReport } from '../upload-verdict.ts'
import { waitForUploads } from '../wait-for-uploads.ts'
import { clearDemoHome, loadDemoConfig } from './demo-home.ts'
import { createSenderKey, pushFile } from './push-file.ts'
import type { PushTarget } from './push-file.ts'
import { toChanges, toHeading, toPlace, toRecordTable, toRejects, toReminders } from './tell.ts'

export interface DemoOptions {
  readonly isOnce: boolean
  /** Resolves when a signal asks the demo to end. */
  readonly stopped: Promise<string>
}

const agencyName = 'demo'
const timeZone = 'America/Chicago'

/** One night's report as the court's system would write it. */
async function createFile(night: Night, options: SheetOptions = {}): Promise<NightFile> {
  const { fileName, bytes } = await writeNight(night, 'ecr-csv', options)
  return { fileName, bytes, rows: expectRecords(night, 'ecr-csv', options).rows.read }
}

interface NightFile {
  readonly fileName: string
  readonly bytes: Buffer
  readonly rows: number
}

/** What every scene of the story needs. */
interface Stage {
  readonly context: CliContext
  readonly server: RunningServer
  readonly home: string
  /** Where the sender keeps its files. */
  readonly folder: string
  readonly rowBell: RowBell
}

/** Where the running import tells its rows; the bar of the night on its way listens. */
interface RowBell {
  ring: (rows: number) => void
}

/** Sends one night's file and waits until it is imported and planned. */
async function sendNight(
  { context, server, folder, rowBell }: Stage,
  agency: Agency,
  target: PushTarget,
  night: NightFile,
) {
  const { app, database } = server
  const file = join(folder, night.fileName)
  await writeFile(file, night.bytes)
  const startedAt = performance.now()
  const bar = startProgress(context, `  ${night.fileName}`, night.rows)
  rowBell.ring = bar.update
  const by = await pushFile(file, night.fileName, target)
  const { uploads, isTimedOut } = await waitForUploads({
    db: database.db,
    inbox: app.inbox,
    agency,
    timeoutMs: 120_000,
    fileName: night.fileName,
  })
  bar.stop()
  const [upload] = uploads
  if (upload === undefined || isTimedOut)
    throw new AppError('TIMED_OUT', 'The demo file was not imported within two minutes.')
  const report = toReport(
    upload,
    await findPlanResult(database.db, agency.agencyId, upload.uploadId),
  )
  const rejected = await app.inbox.uploads.listRejectedRows(agency.agencyId, upload.uploadId)
  return { upload, report, rejected, by, ms: Math.round(performance.now() - startedAt) }
}

async function listMessages(server: RunningServer, agency: Agency): Promise<MessageJson[]> {
  const all: MessageJson[] = []
  for await (const message of server.app.messaging.list(agency.agencyId)) all.push(message)
  return all
}

async function tellStory(stage: Stage): Promise<void> {
  const { context, server, home, folder } = stage
  const { app, ports } = server
  const { paint } = context.output
  const say = (text: string) => context.output.line(text)
  const today = new Date().toISOString().slice(0, 10)
  const court = createCourt({ seed: 7, timeZone, from: today, people: 60, cases: 50, events: 80 })
  const key = await createSenderKey(folder)

  await say(toHeading('1  A court moves in', paint))
  const agency = await app.agencies.create(
    { agency: agencyName, name: 'Example County Court', timeZone },
    context.actor,
  )
  await app.inbox.addAgency(agencyName)
  await app.agencies.update(agencyName, { helpPhone: '512-555-0100' }, context.actor)
  const { key: added } = await app.agencies.addKey(
    agencyName,
    { publicKey: key.publicText, label: 'nightly job' },
    context.actor,
  )
  const template = await app.templates.importTemplate(
    agency.agencyId,
    templateFor('ecr-csv'),
    context.actor,
  )
  await say(
    `  agency   ${agencyName} (${agency.name}, ${timeZone})\n  key      ${added.fingerprint}\n  template ${template.template} version ${template.version}`,
  )

  const target: PushTarget = { port: ports.sftpPort ?? 0, account: agencyName, key }
  const dirt = { date: 1, reference: 1, ragged: 1, phone: 1, language: 1, duplicate: 1 } as const
  const first = await createFile(createNight(court, 0), { dirt })
  const second = await createFile(createNight(court, 1))

  await say(toHeading('2  The first night: the report of upcoming hearings arrives', paint))
  const one = await sendNight(stage, agency, target, first)
  await say(
    `  sent by ${one.by === 'sftp' ? 'the system’s sftp' : 'an SSH client in this process'}; imported, filed and planned ${one.ms} ms after the start of the transfer`,
  )
  await say(toRecordTable(one.report))
  await say(toHeading('3  Rows that were rejected, and why', paint))
  await say(toRejects(one.rejected))
  await say(toHeading('4  Reminders, each in the language of its reader', paint))
  await say(toReminders(await listMessages(server, agency), timeZone, paint))

  await say(toHeading('5  The next night: what changed', paint))
  const two = await sendNight(stage, agency, target, second)
  await say(toChanges(two.report))

  const agencyFolder = app.inbox.layout.area(agencyName, 'inbox').replace(/\/inbox$/, '')
  const use = `DOCKETDROP_HOME=${home} npx --no docketdrop`
  await say(toHeading('Where to look next', paint))
  await say(
    [
      '  The originals with their receipts and rejected rows:',
      toPlace(one.upload, agencyFolder),
      toPlace(two.upload, agencyFolder),
      '  While the demo runs:',
      `    ${use} uploads report ${agencyName}`,
      `    ${use} messages list ${agencyName} --limit 20`,
      `    ${use} records export ${agencyName} events`,
      `    sftp -P ${target.port} -i ${key.privatePath} ${agencyName}@127.0.0.1`,
      `    http://127.0.0.1:${ports.telemetryPort ?? ''}/readyz?verbose`,
      '  All people, numbers and cases are made up. Nothing was sent: delivery is simulated.',
    ].join('\n'),
  )
}

function interrupt(): never {
  throw new AppError('INTERRUPTED', 'The demo was stopped before its end.', {
    hint: 'Start it again; it begins anew.',
  })
}

/**
 * Runs the demo: serves in its own home, moves a court in, sends two nights, shows what became of them.
 *
 * Safe to repeat: an earlier demo is thrown away first.
 */
export async function runDemo(
  context: CliContext,
  { isOnce, stopped }: DemoOptions,
): Promise<void> {
  const config = await loadDemoConfig(context)
  const log = context.createLogger(
    config,
    context.streams.env['DOCKETDROP_LOG_LEVEL'] === undefined ? 'warn' : config.log.level,
  )
  await context.output.line(
    `${context.output.paint.bold('docketdrop demo')}: a court's nightly report becomes records and reminders. Home: ${config.home}`,
  )
  await context.output.line('  starting the server and its own PostgreSQL …')
  await clearDemoHome(config, log)
  const rowBell: RowBell = { ring: () => undefined }
  const server = await startServer({
    config,
    log,
    roles: ['sftp', 'http', 'worker'],
    onProgress: ({ rows }) => rowBell.ring(rows),
  })
  try {
    const story = tellStory({
      context,
      server,
      home: config.home,
      folder: join(config.home, 'sender'),
      rowBell,
    })
    await Promise.race([story, stopped.then(interrupt)])
    if (isOnce) return
    await context.output.line('\n  Serving until Ctrl-C.')
    await stopped
  } finally {
    await server.stop()
  }
}
