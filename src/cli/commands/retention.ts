import type { Command } from 'commander'
import type { CliContext } from '../context.ts'
import { withHome } from '../open-home.ts'
import { toFacts } from '../output.ts'

/** `docketdrop retention [--dry-run]` */
export function registerRetention(program: Command, context: CliContext): void {
  const { output } = context
  program
    .command('retention')
    .description(
      'remove what is older than the settings retention.… allow, as a running server does every hour',
    )
    .option('--dry-run', 'only count')
    .action(({ dryRun }: { dryRun?: boolean }) =>
      withHome(context, async (home) => {
        const isDryRun = dryRun === true
        const figures = await (await home.inbox()).sweepRetention({ isDryRun })
        const { processedDays, errorDays, outboxDays, rejectsDays } = home.config.retention
        const after = (days: number) => (days === 0 ? 'kept for ever' : `older than ${days} days`)
        output.data({ isDryRun, ...figures, settings: home.config.retention }, () =>
          toFacts([
            [isDryRun ? 'Would be removed' : 'Removed', ''],
            [
              'processed/',
              `${figures.processed.files} file(s), ${figures.processed.bytes} bytes (${after(processedDays)})`,
            ],
            [
              'error/',
              `${figures.error.files} file(s), ${figures.error.bytes} bytes (${after(errorDays)})`,
            ],
            ['outbox/', `${figures.outbox.files} file(s) (${after(outboxDays)})`],
            ['Rejected rows', `${figures.rejectedRows} (${after(rejectsDays)})`],
          ]),
        )
      }),
    )
}
