import { Command, CommanderError } from 'commander'
import { readVersion } from '../config/index.ts'
import { UsageError } from '../errors/index.ts'
import { registerAccount } from './commands/account.ts'
import { registerAgency } from './commands/agency.ts'
import { registerConfig } from './commands/config.ts'
import { registerDemo } from './commands/demo.ts'
import { registerFeed } from './commands/feed.ts'
import { registerFlow } from './commands/flow.ts'
import { registerKey } from './commands/key.ts'
import { registerMessages } from './commands/messages.ts'
import { registerMigrate } from './commands/migrate.ts'
import { registerRecords } from './commands/records.ts'
import { registerServe } from './commands/serve.ts'
import { registerTemplate } from './commands/template.ts'
import { registerUpload } from './commands/upload.ts'
import { registerUploads } from './commands/uploads.ts'
import { registerVersion } from './commands/version.ts'
import { createContext } from './context.ts'
import type { CliContext, CliStreams } from './context.ts'
import { exitCodes, exitMeanings, toExitCode } from './exit-code.ts'
import { createOutput } from './output.ts'

function createProgram(context: CliContext): Command {
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
      writeOut: (text) => void context.streams.stdout.write(text),
      writeErr: (text) => {
        if (!isJson) context.streams.stderr.write(text)
      },
    })
  const register = [
    registerServe,
    registerDemo,
    registerMigrate,
    registerAgency,
    registerAccount,
    registerKey,
    registerTemplate,
    registerFeed,
    registerFlow,
    registerUpload,
    registerUploads,
    registerRecords,
    registerMessages,
    registerConfig,
    registerVersion,
  ]
  for (const add of register) add(program, context)
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
  let exitCode: number = exitCodes.done
  const context = createContext(streams, output, (code) => (exitCode = code))
  try {
    await createProgram(context).parseAsync(args, { from: 'user' })
    return exitCode
  } catch (error) {
    if (error instanceof CommanderError) {
      if (error.exitCode === 0) return exitCodes.done
      if (isJson) {
        const text = error.message.replace(/^error: /, '')
        output.error(
          new UsageError('USAGE_INVALID', text, {
            hint: 'Add --help to see how the command is used.',
          }),
        )
      }
      return exitCodes.usage
    }
    output.error(error)
    return toExitCode(error)
  }
}
