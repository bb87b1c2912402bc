import type { Command } from 'commander'
import { describeConfig, listSettings } from '../../config/index.ts'
import type { CliContext } from '../context.ts'
import { toCell, toTable } from '../output.ts'

function find(tree: unknown, key: string): unknown {
  return key
    .split('.')
    .reduce<unknown>((value, part) => (value as Record<string, unknown> | undefined)?.[part], tree)
}

/** Hides a password; of a URL it keeps the rest, so that people see which server is meant. */
function mask(value: unknown): string {
  const text = String(value)
  if (!text.includes('://')) return '***'
  return text.replace(/:\/\/([^:@/]+):[^@]*@/, '://$1:***@')
}

/** `docketdrop config print|check|markdown` */
export function registerConfig(program: Command, context: CliContext): void {
  const { output } = context
  const config = program.command('config').description('look at the settings')
  config
    .command('print')
    .description('every setting, its value and where it came from; secrets are masked')
    .action(() => {
      const { config: loaded, origins } = context.loadConfig()
      const rows = listSettings().map(({ key, variable, isSecret }) => {
        const value = find(loaded, key)
        const shown = value === undefined ? null : isSecret ? mask(value) : value
        return { key, variable, value: shown, origin: origins[key] ?? 'default' }
      })
      output.data(rows, () =>
        toTable(
          ['Variable', 'Value', 'From'],
          rows.map(({ variable, value, origin }) => [variable, toCell(value), origin]),
        ),
      )
    })
  config
    .command('check')
    .description('exit 0 when the settings can be used')
    .action(async () => {
      const { config: loaded } = context.loadConfig()
      const { assertSftpSettings } = await import('../../sftp/index.ts')
      assertSftpSettings(loaded.sftp)
      output.data(
        { home: loaded.home, keys: loaded.keys },
        () => `The settings can be used. Home: ${loaded.home}`,
      )
    })
  config
    .command('markdown')
    .description('the table of settings, as it stands in the README')
    .action(() => {
      output.data(listSettings(), describeConfig)
    })
}
