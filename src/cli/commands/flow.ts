import type { Command } from 'commander'
import type { CliContext } from '../context.ts'
import { withHome } from '../open-home.ts'
import { toTable } from '../output.ts'
import { readInput } from '../read-input.ts'

/** `docketdrop flow import|list|show|export|preview` */
export function registerFlow(program: Command, context: CliContext): void {
  const { output, actor } = context
  const flow = program.command('flow').description('named sequences of messages and their texts')
  flow
    .command('import <agency> <file>')
    .description('save a flow file; unsent messages are planned anew')
    .action((agency: string, file: string) =>
      withHome(context, async (home) => {
        const { agencyId } = await home.agencies.get(agency)
        const result = await (
          await home.messaging()
        ).importFlow(agencyId, await readInput(file, context.streams), actor)
        output.data(result, () =>
          result.changed
            ? `Saved ${result.flow} as version ${result.version}.`
            : `${result.flow} version ${result.version} is the same already.`,
        )
      }),
    )
  flow
    .command('list <agency>')
    .description('the flows of an agency')
    .action((agency: string) =>
      withHome(context, async (home) => {
        const { agencyId } = await home.agencies.get(agency)
        const all = await (await home.messaging()).listFlows(agencyId)
        output.data(
          all.map(({ flow: name, version, createdAt }) => ({
            flow: name,
            version,
            createdAt: createdAt.toISOString(),
          })),
          () =>
            toTable(
              ['Flow', 'Version', 'Saved'],
              all.map((one) => [one.flow, one.version, one.createdAt]),
            ),
        )
      }),
    )
  for (const [name, description] of [
    ['show', 'one flow and its file'],
    ['export', 'the flow file itself'],
  ] as const) {
    flow
      .command(`${name} <agency> <flow>`)
      .description(description)
      .action((agency: string, which: string) =>
        withHome(context, async (home) => {
          const { agencyId } = await home.agencies.get(agency)
          const found = await (await home.messaging()).getFlow(agencyId, which)
          output.data({ flow: found.flow, version: found.version, source: found.source }, () =>
            found.source.trimEnd(),
          )
        }),
      )
  }
  flow
    .command('preview <agency> <flow>')
    .description('every text of a flow in every language')
    .option('--client <reference>', 'with the facts of this client')
    .action((agency: string, which: string, { client }: { client?: string }) =>
      withHome(context, async (home) => {
        const { agencyId } = await home.agencies.get(agency)
        const texts = await (await home.messaging()).preview(agencyId, which, client)
        output.data(texts, () =>
          texts
            .map(
              ({ step, channel, language, segments, text }) =>
                `${step} · ${channel} · ${language} · ${segments} segment(s)\n  ${text}`,
            )
            .join('\n\n'),
        )
      }),
    )
}
