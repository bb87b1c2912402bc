import type { Command } from 'commander'
import type { Agency } from '../../agencies/index.ts'
import type { CliContext } from '../context.ts'
import { withHome } from '../open-home.ts'
import { toFacts, toTable } from '../output.ts'
import { parseChoices } from '../parse-choices.ts'

const onOff = ['on', 'off'] as const

function toJson(agency: Agency): Record<string, unknown> {
  const { agencyId: _internal, productionAgencyId: _other, createdAt, ...rest } = agency
  const { extensions = null } = agency
  return { ...rest, extensions, createdAt: createdAt.toISOString() }
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
    ['Passwords', agency.passwordLogin ? 'on' : 'off'],
    ['Takes', agency.extensions?.map((extension) => `.${extension}`).join(' ') ?? 'any file'],
    ['Results', agency.results === 'daily' ? `daily at ${agency.resultsAt}` : 'none'],
    ['Status', agency.status],
  ])
}

/** On, off, or not said. */
function parseSwitch(option: string, given: string | undefined): boolean | undefined {
  const [choice] = parseChoices(option, given === undefined ? undefined : [given], onOff) ?? []
  return choice === undefined ? undefined : choice === 'on'
}

function parseResults(given: string | undefined): 'daily' | 'none' | undefined {
  const words = given === undefined ? undefined : [given]
  return parseChoices('--results', words, ['daily', 'none'] as const)?.[0]
}

/** An empty list is any. */
function parseExtensions(given: string | undefined): string[] | undefined {
  return given?.trim().toLowerCase() === 'any' ? [] : given?.split(',')
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
  passwordLogin?: string
  allow?: string[]
  acceptUnclosed?: string
  extensions?: string
  results?: string
  resultsAt?: string
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
    .option('--password-login <on|off>', 'may accounts sign in with passwords, where one is set?')
    .option(
      '--accept-unclosed <on|off>',
      'take a whole file that its sender never closed, when the channel ended cleanly',
    )
    .option('--extensions <csv,txt,...|any>', 'take only files whose names end so')
    .option('--results <daily|none>', 'a daily file in outbox/ with what became of each message')
    .option('--results-at <hh:mm>', 'local time of that file; 06:00 unless set')
    .action(
      (
        name: string,
        {
          language,
          allow,
          passwordLogin,
          acceptUnclosed,
          extensions,
          results,
          ...rest
        }: SetOptions,
      ) =>
        withHome(context, async (home) => {
          const changed = await home.agencies.update(
            name,
            {
              ...rest,
              results: parseResults(results),
              defaultLanguage: language,
              allowAddresses: allow,
              extensions: parseExtensions(extensions),
              passwordLogin: parseSwitch('--password-login', passwordLogin),
              acceptsUnclosed: parseSwitch('--accept-unclosed', acceptUnclosed),
            },
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
