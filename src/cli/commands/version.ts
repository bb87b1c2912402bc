import type { Command } from 'commander'
import { readVersion } from '../../config/index.ts'
import type { CliContext } from '../context.ts'

/** `docketdrop version` */
export function registerVersion(program: Command, { output }: CliContext): void {
  program
    .command('version')
    .description('print the versions of docketdrop and Node.js')
    .action(() => {
      const data = {
        docketdrop: readVersion(),
        node: process.versions.node,
        platform: `${process.platform}-${process.arch}`,
      }
      output.data(
        data,
        () => `docketdrop ${data.docketdrop} (Node.js ${data.node}, ${data.platform})`,
      )
    })
}
