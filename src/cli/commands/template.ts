import { basename } from 'node:path'
import { stat } from 'node:fs/promises'
import type { Command } from 'commander'
import type { TemplateTest } from '../../import/index.ts'
import type { CliContext } from '../context.ts'
import { exitCodes } from '../exit-code.ts'
import { withHome } from '../open-home.ts'
import { toTable } from '../output.ts'
import { parseCount } from '../parse-number.ts'
import { readInput, toPathError } from '../read-input.ts'
import { toTestError } from '../to-test-error.ts'

async function assertFile(path: string): Promise<void> {
  try {
    const { isFile } = { isFile: (await stat(path)).isFile() }
    if (!isFile) throw toPathError(path, undefined)
  } catch (error) {
    throw toPathError(path, error)
  }
}

function renderTest({ verdict, tiers, sample }: TemplateTest): string {
  const lines = tiers.map(({ tier, ok, findings }) =>
    [`${ok ? '✓' : '✗'} ${tier}`, ...findings.map((finding) => `    ${finding}`)].join('\n'),
  )
  const shown =
    sample.length === 0
      ? ''
      : `\nFirst rows as they would be read:\n${sample.map((row) => `  ${JSON.stringify(row)}`).join('\n')}`
  return `${lines.join('\n')}${shown}\nAn import would end as: ${verdict}`
}

/** `docketdrop template import|list|show|export|suggest|test` */
export function registerTemplate(program: Command, context: CliContext): void {
  const { output, actor } = context
  const template = program
    .command('template')
    .description('how to read one kind of file: columns to fields')
  template
    .command('import <agency> <file>')
    .description('save a template file; a changed one becomes a new version')
    .action((agency: string, file: string) =>
      withHome(context, async (home) => {
        const { agencyId } = await home.agencies.get(agency)
        const result = await (
          await home.templates()
        ).importTemplate(agencyId, await readInput(file, context.streams), actor)
        for (const note of result.notes) output.note(note)
        output.data(result, () =>
          result.changed
            ? `Saved ${result.template} as version ${result.version}.`
            : `${result.template} version ${result.version} is the same already.`,
        )
      }),
    )
  template
    .command('list <agency>')
    .description('the templates of an agency')
    .action((agency: string) =>
      withHome(context, async (home) => {
        const { agencyId } = await home.agencies.get(agency)
        const all = await (await home.templates()).list(agencyId)
        output.data(
          all.map(({ template: name, version, createdAt }) => ({
            template: name,
            version,
            createdAt: createdAt.toISOString(),
          })),
          () =>
            toTable(
              ['Template', 'Version', 'Saved'],
              all.map((one) => [one.template, one.version, one.createdAt]),
              'No template yet. Start with `docketdrop template suggest`.',
            ),
        )
      }),
    )
  for (const [name, description] of [
    ['show', 'one template and its file'],
    ['export', 'the template file itself, ready to import elsewhere'],
  ] as const) {
    template
      .command(`${name} <agency> <template>`)
      .description(description)
      .option('--at <number>', 'an older version')
      .action((agency: string, which: string, { at }: { at?: string }) =>
        withHome(context, async (home) => {
          const { agencyId } = await home.agencies.get(agency)
          const templates = await home.templates()
          const {
            template: found,
            version,
            createdAt,
          } = await templates.get(agencyId, which, parseCount('--at', at))
          const source = await templates.export(agencyId, which, version)
          output.data(
            { template: found, version, createdAt: createdAt.toISOString(), source },
            () => source.trimEnd(),
          )
        }),
      )
  }
  template
    .command('suggest <agency> <file>')
    .description('write a template from a sample file; doubtful columns are marked')
    .action((agency: string, file: string) =>
      withHome(context, async (home) => {
        await home.agencies.get(agency)
        await assertFile(file)
        const source = await (await home.templates()).suggest(file, basename(file))
        output.data({ source }, () => source.trimEnd())
      }),
    )
  template
    .command('test <agency> <template> <file>')
    .description('read a file and save nothing: file, columns, rows')
    .action((agency: string, which: string, file: string) =>
      withHome(context, async (home) => {
        const { agencyId } = await home.agencies.get(agency)
        await assertFile(file)
        const result = await (await home.templates()).test(agencyId, which, file, basename(file))
        const error = toTestError(result)
        if (error !== undefined) {
          context.setExitCode(exitCodes.fileRefused)
          output.dataWithError(result, error, () => renderTest(result))
          return
        }
        if (result.verdict === 'imported-with-rejects') context.setExitCode(exitCodes.rejects)
        output.data(result, () => renderTest(result))
      }),
    )
}
