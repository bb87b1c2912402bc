import type { Command } from 'commander'
import type { CliContext } from '../context.ts'
import { toTable } from '../output.ts'

/** `docketdrop template ready-made list|show`, below the command `template`. */
export function registerReadyMade(template: Command, { output }: CliContext): void {
  const readyMade = template
    .command('ready-made')
    .description('templates that come with docketdrop, for the usual reports')
  readyMade
    .command('list')
    .description('their names, and what each is for')
    .action(async () => {
      const { readyMadeTemplates } = await import('../../import/index.ts')
      output.data(
        readyMadeTemplates.map(({ name, title }) => ({ template: name, title })),
        () =>
          toTable(
            ['Template', 'For'],
            readyMadeTemplates.map(({ name, title }) => [name, title]),
          ),
      )
    })
  readyMade
    .command('show <template>')
    .description('the file of one, to be adapted')
    .action(async (name: string) => {
      const { getReadyMade } = await import('../../import/index.ts')
      const { title, source } = getReadyMade(name)
      output.data({ template: name, title, source }, () => source.trimEnd())
    })
}
