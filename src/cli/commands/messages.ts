import type { Command } from 'commander'
import type { MessageJson } from '../../messaging/index.ts'
import type { CliContext } from '../context.ts'
import { withHome } from '../open-home.ts'
import { toFacts, toTable } from '../output.ts'
import { parseChoices } from '../parse-choices.ts'
import { parseCount } from '../parse-number.ts'

interface ListOptions {
  client?: string
  state?: string[]
  limit?: string
}

/** `docketdrop messages list|show|preview` */
export function registerMessages(program: Command, context: CliContext): void {
  const { output } = context
  const messages = program
    .command('messages')
    .description('reminders: planned, sent, or not and why')
  messages
    .command('list <agency>')
    .description('by the time they go out')
    .option('--client <reference>', 'of one client')
    .option('--state <state...>', 'in these states')
    .option('--limit <n>', 'the first ones only')
    .action((agency: string, { client, state, limit }: ListOptions) =>
      withHome(context, async (home) => {
        const { agencyId } = await home.agencies.get(agency)
        const messaging = await home.messaging()
        const { messageStates } = await import('../../messaging/index.ts')
        const all: MessageJson[] = []
        const filter = {
          clientReference: client,
          states: parseChoices('--state', state, messageStates),
          limit: parseCount('--limit', limit),
        }
        for await (const message of messaging.list(agencyId, filter)) all.push(message)
        output.data(all, () =>
          toTable(
            [
              'Send at',
              'State',
              'Step',
              'Channel',
              'To',
              'Client',
              'Court date',
              'Language',
              'Reason',
            ],
            all.map((one) => [
              one.sendAt,
              one.state,
              one.step,
              one.channel,
              one.address,
              one.clientReference,
              one.eventLocalDate,
              one.language,
              one.reason,
            ]),
            'No message yet.',
          ),
        )
      }),
    )
  messages
    .command('show <agency> <message>')
    .description('one message and what happened to it')
    .action((agency: string, id: string) =>
      withHome(context, async (home) => {
        const { agencyId } = await home.agencies.get(agency)
        const { history, ...message } = await (await home.messaging()).get(agencyId, id)
        output.data({ ...message, history }, () =>
          [
            toFacts(Object.entries(message)),
            '',
            toTable(
              ['At', 'From', 'To', 'Reason', 'By'],
              history.map((one) => [one.at, one.from, one.to, one.reason, one.actor]),
              'No change yet.',
            ),
          ].join('\n'),
        )
      }),
    )
  messages
    .command('preview <agency>')
    .description('every text of every flow in every language')
    .option('--client <reference>', 'with the facts of this client')
    .action((agency: string, { client }: { client?: string }) =>
      withHome(context, async (home) => {
        const { agencyId } = await home.agencies.get(agency)
        const messaging = await home.messaging()
        const flows = await messaging.listFlows(agencyId)
        const texts = await Promise.all(
          flows.map(async ({ flow }) =>
            (await messaging.preview(agencyId, flow, client)).map((text) => ({ flow, ...text })),
          ),
        )
        output.data(texts.flat(), () =>
          texts
            .flat()
            .map(
              ({ flow, step, channel, language, segments, text }) =>
                `${flow} · ${step} · ${channel} · ${language} · ${segments} segment(s)\n  ${text}`,
            )
            .join('\n\n'),
        )
      }),
    )
}
