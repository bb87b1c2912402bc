import type { Command } from 'commander'
import type { Agency } from '../../agencies/index.ts'
import type { CliContext } from '../context.ts'
import { withHome } from '../open-home.ts'
import { toFacts, toTable } from '../output.ts'

function toJson(agency: Agency): Record<string, unknown> {
  const { agencyId: _internal, productionAgencyId: _other, createdAt, ...rest } = agency
  return { ...rest, createdAt: createdAt.toISOString() }
}

function render(agency: Agency): string {
  return toFacts([
    ['Agency', agency.agency],
    ['Name', agency.name],
    ['Kind', agency.kind],
    ['Time zone', agency.timeZone],
    ['Language', agency.defaultLanguage],
    ['Delivery', agency.delivery],
    ['Review', agency.review],
    ['Help phone', agency.helpPhone],
    ['Status', agency.status],
  ])
}

interface AddOptions {
  name: string
  timeZone: string
  kind?: 'staging' | 'production'
  production?: string
}

interface SetOptions {
  name?: string
  timeZone?: string
  language?: string
  delivery?: 'simulate' | 'allow-list' | 'live'
  review?: string
  businessHours?: string
  helpPhone?: string
  allow?: string[]
}

/** `docketdrop agency add|list|show|set|disable` */
export function registerAgency(program: Command, context: CliContext): void {
  const { output, actor } = context
  const agency = program.command('agency').description('courts and offices: each by itself')
  agency
    .command('add <agency>')
    .description('make an agency, its folders, and one account of the same name')
    .requiredOption('--name <text>', 'the name that people read, in texts too')
    .requiredOption('--time-zone <zone>', 'IANA name, such as America/Chicago')
    .option('--kind <kind>', 'staging or production')
    .option('--production <agency>', 'for a staging agency: the agency it is promoted to')
    .action((name: string, options: AddOptions) =>
      withHome(context, async (home) => {
        const made = await home.agencies.create({ agency: name, ...options }, actor)
        const inbox = await home.inbox()
        await inbox.addAgency(made.agency)
        output.data(toJson(made), () => render(made))
        output.note(`\nNext: docketdrop key add ${name} <public key file>`)
      }),
    )
  agency
    .command('list')
    .description('all agencies')
    .action(() =>
      withHome(context, async (home) => {
        const all = await home.agencies.list()
        output.data(all.map(toJson), () =>
          toTable(
            ['Agency', 'Name', 'Kind', 'Time zone', 'Delivery', 'Status'],
            all.map((one) => [
              one.agency,
              one.name,
              one.kind,
              one.timeZone,
              one.delivery,
              one.status,
            ]),
            'No agency yet. Make one with `docketdrop agency add`.',
          ),
        )
      }),
    )
  agency
    .command('show <agency>')
    .description('one agency and its settings')
    .action((name: string) =>
      withHome(context, async (home) => {
        const one = await home.agencies.get(name)
        output.data(toJson(one), () => render(one))
      }),
    )
  agency
    .command('set <agency>')
    .description('change settings of an agency')
    .option('--name <text>', 'the name that people read')
    .option('--time-zone <zone>', 'IANA name')
    .option('--language <tag>', 'language where a client has none, such as en or es')
    .option('--delivery <mode>', 'simulate, allow-list or live')
    .option('--review <rule>', 'off, all or first:<n>')
    .option('--business-hours <text>', 'when messages may go out')
    .option('--help-phone <number>', 'the number that texts name for help')
    .option('--allow <address...>', 'addresses for the allow-list mode')
    .action((name: string, { language, allow, ...rest }: SetOptions) =>
      withHome(context, async (home) => {
        const changed = await home.agencies.update(
          name,
          { ...rest, defaultLanguage: language, allowAddresses: allow },
          actor,
        )
        const { requestPlan } = await import('../../records/index.ts')
        await home.db.transaction((trx) =>
          requestPlan(trx, { agencyId: changed.agencyId, uploadId: null, cause: 'agency' }),
        )
        const idle = [
          ...(rest.review === undefined ? [] : ['--review']),
          ...(rest.businessHours === undefined ? [] : ['--business-hours']),
          ...(allow === undefined ? [] : ['--allow']),
        ]
        if (idle.length > 0) {
          output.note(`${idle.join(', ')}: kept, but this version does not act on it yet.`)
        }
        output.data(toJson(changed), () => render(changed))
      }),
    )
  agency
    .command('disable <agency>')
    .description('refuse all logins of an agency; its data stays')
    .action((name: string) =>
      withHome(context, async (home) => {
        const one = await home.agencies.disable(name, actor)
        output.data(
          toJson(one),
          () => `${one.agency} is switched off. Its files and records are kept.`,
        )
      }),
    )
}
