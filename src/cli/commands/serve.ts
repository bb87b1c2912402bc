import type { Command } from 'commander'
import type { AppRole } from '../../app.ts'
import { UsageError } from '../../errors/index.ts'
import { createLogger } from '../../log/index.ts'
import type { CliContext } from '../context.ts'
import { watchSignals } from '../wait-for-signal.ts'

const allRoles: readonly AppRole[] = ['sftp', 'http', 'worker']

function parseRoles(text: string | undefined): readonly AppRole[] {
  if (text === undefined) return allRoles
  const roles = text.split(',').map((name) => name.trim())
  const unknown = roles.find((name) => !allRoles.some((role) => role === name))
  if (unknown !== undefined)
    throw new UsageError('USAGE_INVALID', `--only takes sftp, http and worker, not ${unknown}.`)
  if (roles.every((role) => role === 'http')) {
    throw new UsageError(
      'USAGE_INVALID',
      'This version has no HTTP part yet, so nothing would run.',
      {
        hint: 'Leave --only out, or name sftp or worker.',
      },
    )
  }
  return roles as AppRole[]
}

/** `docketdrop serve`: everything, until a signal comes. */
export function registerServe(program: Command, context: CliContext): void {
  program
    .command('serve')
    .description(
      'receive, import and remind, until stopped (SIGTERM drains; a second signal ends at once)',
    )
    .option('--only <roles>', 'some of sftp,http,worker')
    .action(async ({ only }: { only?: string }) => {
      const roles = parseRoles(only)
      const { config } = context.loadConfig()
      const log = context.createLogger(config)
      const signals = watchSignals()
      const { startServer } = await import('../start-server.ts')
      const crash = new Promise<never>((_resolve, reject) => {
        process.once('uncaughtException', reject)
        process.once('unhandledRejection', reject)
      })
      const server = await startServer({ config, log, roles })
      try {
        // Said at any level and always as JSON: programs wait for this line.
        createLogger({ level: 'info', format: 'json', stream: context.streams.stderr }).info(
          'ready',
          { ...server.ports },
        )
        const signal = await Promise.race([signals.first, crash])
        log.info('stopping', { signal })
      } finally {
        await server.stop()
        signals.stop()
      }
      log.info('stopped')
    })
}
