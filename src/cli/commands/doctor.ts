import { randomUUID } from 'node:crypto'
import type { Command } from 'commander'
import { createAgencies } from '../../agencies/index.ts'
import type { Config } from '../../config/index.ts'
import { openDatabase } from '../../db/index.ts'
import type { Database } from '../../db/index.ts'
import { AppError } from '../../errors/index.ts'
import type { Logger } from '../../log/index.ts'
import type { DoctorStores, Finding } from '../../operations/index.ts'
import type { CliContext } from '../context.ts'
import { exitCodes } from '../exit-code.ts'
import type { Paint } from '../paint.ts'

interface DoctorOptions {
  fix?: boolean
  wholeAudit?: boolean
}

/** Entries at the end of each chain that are walked unless all are asked for. */
const lastAudit = 10_000

async function openStores(config: Config, log: Logger, database: Database): Promise<DoctorStores> {
  const { createInbox } = await import('../../inbox/index.ts')
  const { db } = database
  const agencies = createAgencies({ db })
  const { home } = config
  const inbox = createInbox({ db, log, home, settings: config, agencies, nodeId: randomUUID() })
  return { database, agencies, inbox }
}

async function listFindings(
  context: CliContext,
  { fix, wholeAudit }: DoctorOptions,
): Promise<Finding[]> {
  const { config } = context.loadConfig()
  // What is wrong is told as findings; the log of the parts would say it twice.
  const log = context.createLogger(config, 'error')
  const { examine } = await import('../../operations/index.ts')
  const { hasNativeCrypto, parseListeners, readHostKeys } = await import('../../sftp/index.ts')
  let database: Database | undefined
  try {
    return await examine({
      config,
      isMending: fix === true,
      lastAudit: wholeAudit === true ? undefined : lastAudit,
      now: () => new Date(),
      ssh: {
        isNativeCrypto: hasNativeCrypto(),
        listHostKeys: () => readHostKeys(config.keys, new Date()),
        listListeners: () => parseListeners(config.sftp),
      },
      async openStores() {
        database = await openDatabase({ config, log, mayCreate: false })
        return openStores(config, log, database)
      },
    })
  } finally {
    await database?.close()
  }
}

function renderFinding({ check, status, text, hint }: Finding, paint: Paint): string {
  const marks = { ok: paint.green('✓'), warn: paint.yellow('!'), fail: paint.red('✗') }
  const line = `${marks[status]} ${check.padEnd(22)} ${text}`
  return hint === '' ? line : `${line}\n  ${''.padEnd(22)} ${paint.dim(hint)}`
}

function render(findings: readonly Finding[], paint: Paint): string {
  const count = (wanted: Finding['status']) =>
    findings.filter(({ status }) => status === wanted).length
  const lines = findings.map((finding) => renderFinding(finding, paint))
  const sum = `${count('ok')} ok, ${count('warn')} to look at, ${count('fail')} to put right`
  return [...lines, '', sum].join('\n')
}

/** `docketdrop doctor [--fix]` */
export function registerDoctor(program: Command, context: CliContext): void {
  const { output } = context
  program
    .command('doctor')
    .description(
      'look at machine, home, keys, database, uploads and audit log (exit 1 when something must be put right)',
    )
    .option('--fix', 'put right modes of our own folders and keys, and missing agency folders')
    .option('--whole-audit', 'walk every audit entry, not only the newest')
    .action(async (options: DoctorOptions) => {
      const findings = await listFindings(context, options)
      const failed = findings.filter(({ status }) => status === 'fail')
      const text = () => render(findings, output.paint)
      if (failed.length === 0) {
        output.data(findings, text)
        return
      }
      const names = [...new Set(failed.map(({ check }) => check))].join(', ')
      const error = new AppError('DOCTOR_FOUND', `To be put right: ${names}.`, {
        hint: 'Each line that is marked says what to do; doctor --fix does what is safe.',
      })
      output.dataWithError(findings, error, text)
      context.setExitCode(exitCodes.failed)
    })
}
