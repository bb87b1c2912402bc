import type { Command } from 'commander'
import type { Feed } from '../../agencies/index.ts'
import type { CliContext } from '../context.ts'
import { withHome } from '../open-home.ts'
import { toTable } from '../output.ts'

interface FeedOptions {
  template: string
  match: string
  exclude?: string
  order: 'name' | 'time'
  expectBy?: string
  days?: string
  trigger?: string
  manifest?: string
}

function toJson({
  agencyId: _agencyId,
  sortBy,
  expectDays,
  ...rest
}: Feed): Record<string, unknown> {
  return { ...rest, order: sortBy, days: expectDays }
}

/** `docketdrop feed set|list|remove` */
export function registerFeed(program: Command, context: CliContext): void {
  const { output, actor } = context
  const feed = program.command('feed').description('which files are read with which template')
  feed
    .command('set <agency> <feed>')
    .description('make or change a feed; feeds are tried in the order they were made')
    .requiredOption('--template <template>', 'the template that reads its files')
    .option('--match <glob>', 'names that belong to it (*, ?, and a date such as {yyyyMMdd})', '*')
    .option('--exclude <glob>', 'names that do not')
    .option('--order <by>', 'in which files that wait are read: name or time', 'time')
    .option('--expect-by <hh:mm>', 'local time by which a file is expected')
    .option('--days <mon,tue,...>', 'days on which one is expected; none means every day')
    .option('--trigger <name>', 'its files wait for this one, such as {name}.done or {stem}.ok')
    .option('--manifest <name>', 'a file with size, hash or rows, such as {name}.sha256')
    .action((agency: string, name: string, options: FeedOptions) =>
      withHome(context, async (home) => {
        const { agencyId } = await home.agencies.get(agency)
        await (await home.templates()).get(agencyId, options.template)
        const saved = await home.agencies.saveFeed(
          agency,
          {
            feed: name,
            template: options.template,
            match: options.match,
            exclude: options.exclude ?? null,
            sortBy: options.order,
            expectBy: options.expectBy ?? null,
            expectDays: options.days?.split(',').map((day) => day.trim().toLowerCase()) ?? [],
            trigger: options.trigger ?? null,
            manifest: options.manifest ?? null,
          },
          actor,
        )
        if (options.days !== undefined && options.expectBy === undefined)
          output.note('--days has no effect without --expect-by.')
        output.data(
          toJson(saved),
          () => `Feed ${saved.feed}: ${saved.match} is read with ${saved.template}.`,
        )
      }),
    )
  feed
    .command('list <agency>')
    .description('the feeds in the order they are tried')
    .action((agency: string) =>
      withHome(context, async (home) => {
        const { agencyId } = await home.agencies.get(agency)
        const all = await home.agencies.listFeeds(agencyId)
        output.data(all.map(toJson), () =>
          toTable(
            ['Feed', 'Match', 'Exclude', 'Template', 'Order', 'Expected by', 'Days'],
            all.map((one) => [
              one.feed,
              one.match,
              one.exclude,
              one.template,
              one.sortBy,
              one.expectBy,
              one.expectDays.join(','),
            ]),
            'No feed: the only template of the agency reads every file.',
          ),
        )
      }),
    )
  feed
    .command('remove <agency> <feed>')
    .description('forget a feed; records and files stay')
    .action((agency: string, name: string) =>
      withHome(context, async (home) => {
        await home.agencies.removeFeed(agency, name, actor)
        output.data({ feed: name }, () => `Feed ${name} is removed.`)
      }),
    )
}
