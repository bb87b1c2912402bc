import { Command, CommanderError } from 'commander'
import { readVersion } from '../config/index.ts'
import { UsageError } from '../errors/index.ts'
import { createContext } from './context.ts'
import type { CliContext } from './context.ts'
import type { CliStreams } from './streams.ts'
import { exitCodes, exitMeanings, toExitCode } from './exit-code.ts'
import { createOutput } from './output.ts'

type Register = (program: Command, context: CliContext) => void

/** Each command is loaded only when it is asked for, so that small ones start quickly. */
const commands: Readonly<Record<string, () => Promise<Register>>> = {
  serve: async () => (await import('./commands/serve.ts')).registerServe,
  demo: async () => (await import('./commands/demo.ts')).registerDemo,
  migrate: async () => (await import('./commands/migrate.ts')).registerMigrate,
  agency: async () => (await import('./commands/agency.ts')).registerAgency,
  account: async () => (await import('./commands/account.ts')).registerAccount,
  key: async () => (await import('./commands/key.ts')).registerKey,
  ca: async () => (await import('./commands/ca.ts')).registerCa,
  pgp: async () => (await import('./commands/pgp.ts')).registerPgp,
  template: async () => (await import('./commands/template.ts')).registerTemplate,
  feed: async () => (await import('./commands/feed.ts')).registerFeed,
  flow: async () => (await import('./commands/flow.ts')).registerFlow,
  upload: async () => (await import('./commands/upload.ts')).registerUpload,
  uploads: async () => (await import('./commands/uploads.ts')).registerUploads,
  records: async () => (await import('./commands/records.ts')).registerRecords,
  messages: async () => (await import('./commands/messages.ts')).registerMessages,
  alert: async () => (await import('./commands/alert.ts')).registerAlert,
  retention: async () => (await import('./commands/retention.ts')).registerRetention,
  bans: async () => (await import('./commands/bans.ts')).registerBans,
  maintenance: async () => (await import('./commands/maintenance.ts')).registerMaintenance,
  audit: async () => (await import('./commands/audit.ts')).registerAudit,
  doctor: async () => (await import('./commands/doctor.ts')).registerDoctor,
  config: async () => (await import('./commands/config.ts')).registerConfig,
  version: async () => (await import('./commands/version.ts')).registerVersion,
}

/** The command that the arguments name, or all of them for help and for suggestions after a typing mistake. */
async function loadCommands(args: readonly string[]): Promise<Register[]> {
  const name = args.find((arg) => !arg.startsWith('-'))
  const named = name === undefined ? undefined : commands[name]
  const wanted = named === undefined ? Object.values(commands) : [named]
  return Promise.all(wanted.map((load) => load()))
}

async function createProgram(context: CliContext, args: readonly string[]): Promise<Command> {
  const program = new Command('docketdrop')
  const { isJson } = context.output
  program
    .description('Self-hosted SFTP server with built-in ingestion for courts.')
    .version(readVersion(), '-V, --version')
    .option('--json', 'print one JSON document (may stand anywhere)')
    .addHelpText(
      'after',
      `\nExit codes:\n${Object.entries(exitMeanings)
        .map(([code, meaning]) => `  ${code.padStart(3)}  ${meaning}`)
        .join('\n')}`,
    )
    .configureOutput({
      writeOut: (text) => {
        if (isJson) context.output.data({ help: text.trimEnd() }, () => text)
        else context.streams.stdout.write(text)
      },
      writeErr: (text) => {
        if (!isJson) context.streams.stderr.write(text)
      },
    })
  for (const register of await loadCommands(args)) register(program, context)
  const override = (command: Command): void => {
    command
      .exitOverride()
      .showSuggestionAfterError()
      .showHelpAfterError('Add --help to see how it is used.')
    for (const inner of command.commands) override(inner)
  }
  override(program)
  return program
}

const isReaderGone = (error: unknown) => (error as { code?: unknown }).code === 'EPIPE'

function rethrowOthers(error: Error): void {
  if (!isReaderGone(error)) throw error
}

/**
 * Runs one command and returns its exit code. Never throws.
 *
 * `--json` may stand anywhere in the arguments, but not behind `--`.
 */
export async function run(argv: readonly string[], streams: CliStreams): Promise<number> {
  const end = argv.indexOf('--')
  const ours = end === -1 ? argv : argv.slice(0, end)
  const isJson = ours.includes('--json')
  const args = [...ours.filter((arg) => arg !== '--json'), ...(end === -1 ? [] : argv.slice(end))]
  const output = createOutput(streams, isJson)
  // A reader such as head may leave before the end; whoever writes then hears of it, and that is no failure.
  streams.stdout.on('error', rethrowOthers)
  let exitCode: number = exitCodes.done
  const context = createContext(streams, output, (code) => (exitCode = code))
  try {
    const program = await createProgram(context, args)
    await program.parseAsync(args, { from: 'user' })
    return exitCode
  } catch (error) {
    if (error instanceof CommanderError) {
      if (error.exitCode === 0) return exitCodes.done
      if (isJson) {
        const text =
          error.code === 'commander.help'
            ? 'No command was given.'
            : error.message.replace(/^error: /, '')
        output.error(
          new UsageError('USAGE_INVALID', text, {
            hint: 'Add --help to see how the command is used.',
          }),
        )
      }
      return exitCodes.usage
    }
    if (isReaderGone(error)) return exitCodes.done
    output.error(error)
    return toExitCode(error)
  }
}
