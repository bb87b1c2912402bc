import type { Command } from 'commander'
import { UsageError } from '../../errors/index.ts'
import type { CliContext } from '../context.ts'
import { withHome } from '../open-home.ts'
import { toTable } from '../output.ts'

function assertOneChoice(address: string | undefined, all: boolean | undefined): void {
  if ((address === undefined) !== (all === true)) {
    throw new UsageError('USAGE_INVALID', 'Name one address, or give --all.', {
      hint: '`docketdrop bans list` shows which addresses are banned.',
    })
  }
}

/** `docketdrop bans list|clear` */
export function registerBans(program: Command, context: CliContext): void {
  const { output, actor } = context
  const bans = program
    .command('bans')
    .description('addresses that may not connect for a while, after too many failed attempts')
  bans
    .command('list')
    .description('the banned addresses')
    .option('--all', 'every address that is known, with its points and last good sign-in')
    .action((options: { all?: boolean }) =>
      withHome(context, async ({ db }) => {
        const { listKnownSources } = await import('../../sftp/index.ts')
        const sources = await listKnownSources(db, options)
        output.data(sources, () =>
          toTable(
            ['Address', 'Banned until (UTC)', 'Bans', 'Points', 'Last reason', 'Last sign-in'],
            sources.map((one) => [
              one.network,
              one.bannedUntil,
              one.bans,
              one.score,
              one.lastReason,
              one.lastLoginAt,
            ]),
            options.all === true ? 'No address is known yet.' : 'No address is banned.',
          ),
        )
      }),
    )
  bans
    .command('clear [address]')
    .description('let an address in again and forget its points; servers follow within seconds')
    .option('--all', 'all of them')
    .action((address: string | undefined, { all }: { all?: boolean }) => {
      assertOneChoice(address, all)
      return withHome(context, async ({ db }) => {
        const { clearBans } = await import('../../sftp/index.ts')
        const cleared = await clearBans(db, address, actor)
        output.data({ cleared }, () =>
          cleared.length === 0 ? 'No address was banned.' : `Cleared: ${cleared.join(', ')}.`,
        )
      })
    })
}
