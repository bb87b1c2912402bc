import { basename } from 'node:path'
import { stat } from 'node:fs/promises'
import type { Command } from 'commander'
import { UsageError } from '../../errors/index.ts'
import type { TemplateDiff } from '../../import/index.ts'
import type { CliContext } from '../context.ts'
import { exitCodes } from '../exit-code.ts'
import { withHome } from '../open-home.ts'
import { toTable } from '../output.ts'
import { parseCount } from '../parse-number.ts'
import { readInput, toPathError } from '../read-input.ts'
import { toTestError } from '../to-test-error.ts'
import { renderTriedFile, tryTemplate } from '../try-template.ts'
import { registerReadyMade } from './template-ready-made.ts'

async function assertFile(path: string): Promise<void> {
  try {
    const { isFile } = { isFile: (await stat(path)).isFile() }
    if (!isFile) throw toPathError(path, undefined)
  } catch (error) {
    throw toPathError(path, error)
  }
}

const marks = { added: '+', removed: '-', changed: '~' } as const

function renderDiff({ template, from, to, changes }: TemplateDiff): string {
  const target = to === null ? 'the file' : `version ${to}`
  if (changes.length === 0) return `Version ${from} of ${template} and ${target} mean the same.`
  const lines = changes.map(({ kind, text }) => `${marks[kind]} ${text}`)
  return [`From version ${from} of ${template} to ${target}:`, ...lines].join('\n')
}

const isVersion = (text: string) => /^\d+$/.test(text)

/** The two ends of a comparison: one or two versions, or a version and a file, or a file alone. */
async function parseEnds(
  [first, second]: readonly (string | undefined)[],
  context: CliContext,
): Promise<{ from: number | undefined; to: number | { yaml: string } | undefined }> {
  const read = async (end: string | undefined) => {
    if (end === undefined) return undefined
    return isVersion(end)
      ? parseCount('a version', end)
      : { yaml: await readInput(end, context.streams) }
  }
  const [one, two] = [await read(first), await read(second)]
  if (typeof one !== 'object') return { from: one, to: two }
  if (two === undefined) return { from: undefined, to: one }
  throw new UsageError('USAGE_INVALID', 'A file is compared with a version, and comes last.', {
    hint: 'For example: docketdrop template diff <agency> <template> 3 changed.yaml',
  })
}

async function readImported(
  file: string | undefined,
  readyMade: string | undefined,
  context: CliContext,
): Promise<string> {
  if (file !== undefined && readyMade === undefined) return readInput(file, context.streams)
  if (file === undefined && readyMade !== undefined) {
    const { getReadyMade } = await import('../../import/index.ts')
    return getReadyMade(readyMade).source
  }
  throw new UsageError('USAGE_INVALID', 'Give either a file or --ready-made.', {
    hint: 'See what is ready-made with: docketdrop template ready-made list',
  })
}

/** `docketdrop template import|list|show|export|diff|suggest|test|ready-made` */
export function registerTemplate(program: Command, context: CliContext): void {
  const { output, actor } = context
  const template = program
    .command('template')
    .description('how to read one kind of file: columns to fields')
  template
    .command('import <agency> [file]')
    .description('save a template file; a changed one becomes a new version')
    .option('--ready-made <template>', 'instead of a file, one that comes with docketdrop')
    .action((agency: string, file: string | undefined, options: { readyMade?: string }) =>
      withHome(context, async (home) => {
        const { agencyId } = await home.agencies.get(agency)
        const yaml = await readImported(file, options.readyMade, context)
        const result = await (await home.templates()).importTemplate(agencyId, yaml, actor)
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
    .command('diff <agency> <template> [from] [to]')
    .description('what changed, in words: between versions, or from a version to a file')
    .action((agency: string, which: string, from?: string, to?: string) =>
      withHome(context, async (home) => {
        const { agencyId } = await home.agencies.get(agency)
        const ends = await parseEnds([from, to], context)
        const diff = await (await home.templates()).diff(agencyId, which, ends.from, ends.to)
        output.data(diff, () => renderDiff(diff))
      }),
    )
  template
    .command('suggest <agency> <file>')
    .description('write a template from a sample file; doubtful columns are marked')
    .action((agency: string, file: string) =>
      withHome(context, async (home) => {
        const { agencyId } = await home.agencies.get(agency)
        await assertFile(file)
        const suggestion = await (await home.templates()).suggest(agencyId, file, basename(file))
        output.data(suggestion, () => suggestion.source.trimEnd())
      }),
    )
  template
    .command('test <agency> <template> <file>')
    .description('try a file and save nothing: file, columns, rows, records and messages')
    .action((agency: string, which: string, file: string) =>
      withHome(context, async (home) => {
        const { agencyId } = await home.agencies.get(agency)
        await assertFile(file)
        const result = await tryTemplate(home, agencyId, which, file)
        const error = toTestError(result)
        if (error !== undefined) {
          context.setExitCode(exitCodes.fileRefused)
          output.dataWithError(result, error, () => renderTriedFile(result))
          return
        }
        if (result.verdict === 'imported-with-rejects') context.setExitCode(exitCodes.rejects)
        output.data(result, () => renderTriedFile(result))
      }),
    )
  registerReadyMade(template, context)
}
