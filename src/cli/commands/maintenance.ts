import type { Command } from 'commander'
import type { CliContext } from '../context.ts'
import { withHome } from '../open-home.ts'
import { toFacts } from '../output.ts'

/** `docketdrop maintenance on|off|status` */
export function registerMaintenance(program: Command, context: CliContext): void {
  const { output, actor } = context
  const maintenance = program
    .command('maintenance')
    .description('refuse new files for a while, with a sentence; transfers in hand finish')
  maintenance
    .command('on')
    .description('begin; running servers follow within two seconds')
    .option('--text <sentence>', 'what senders are told')
    .action(({ text }: { text?: string }) =>
      withHome(context, async ({ db }) => {
        const { startMaintenance } = await import('../../sftp/index.ts')
        const begun = await startMaintenance(db, text, actor)
        output.data(
          { on: true, ...begun },
          () => `Maintenance is on. Senders are told: ${begun.text}`,
        )
      }),
    )
  maintenance
    .command('off')
    .description('end it')
    .action(() =>
      withHome(context, async ({ db }) => {
        const { endMaintenance } = await import('../../sftp/index.ts')
        const wasOn = await endMaintenance(db, actor)
        output.data({ on: false, wasOn }, () =>
          wasOn ? 'Maintenance is off.' : 'Maintenance was off already.',
        )
      }),
    )
  maintenance
    .command('status')
    .description('whether it is on, and what senders are told')
    .action(() =>
      withHome(context, async ({ db }) => {
        const { readMaintenance } = await import('../../sftp/index.ts')
        const now = await readMaintenance(db)
        output.data(now === undefined ? { on: false } : { on: true, ...now }, () =>
          now === undefined
            ? 'Maintenance is off.'
            : toFacts([
                ['Maintenance', 'on'],
                ['Since (UTC)', now.since],
                ['Text', now.text],
                ['Begun by', now.actor],
              ]),
        )
      }),
    )
}
