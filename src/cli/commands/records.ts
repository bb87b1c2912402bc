import type { Command } from 'commander'
import { UsageError } from '../../errors/index.ts'
import { toCsvLine, toSafeCell } from '../../formats/index.ts'
import type { RecordKind } from '../../records/index.ts'
import type { CliContext } from '../context.ts'
import { withHome } from '../open-home.ts'
import { toCell } from '../output.ts'

const kinds: readonly RecordKind[] = [
  'clients',
  'contacts',
  'cases',
  'events',
  'locations',
  'judges',
  'payments',
]

function assertKind(text: string): RecordKind {
  const kind = kinds.find((one) => one === text)
  if (kind === undefined)
    throw new UsageError('USAGE_INVALID', `records export takes ${kinds.join(', ')}, not ${text}.`)
  return kind
}

/** A record without its CRLF: the command line ends its lines itself. */
const toLine = (cells: readonly string[]) => toCsvLine(cells).slice(0, -2)

/** `docketdrop records export|show` */
export function registerRecords(program: Command, context: CliContext): void {
  const { output } = context
  const records = program
    .command('records')
    .description('clients, contacts, cases, events and the rest')
  records
    .command('export <agency> <kind>')
    .description(`all of one kind, a line each: ${kinds.join(', ')}`)
    .option('--format <format>', 'ndjson or csv', 'ndjson')
    .action((agency: string, kindText: string, { format }: { format: string }) =>
      withHome(context, async (home) => {
        const kind = assertKind(kindText)
        if (format !== 'ndjson' && format !== 'csv')
          throw new UsageError('USAGE_INVALID', `--format takes ndjson or csv, not ${format}.`)
        const { agencyId } = await home.agencies.get(agency)
        const { exportRecords, listExportKeys } = await import('../../records/index.ts')
        if (format === 'csv') await output.line(toLine(await listExportKeys(home.db, kind)))
        const write =
          format === 'csv'
            ? (record: object) =>
                toLine(Object.values(record).map((value) => toSafeCell(toCell(value))))
            : JSON.stringify
        for await (const record of exportRecords(home.db, agencyId, kind)) {
          await output.line(write(record))
        }
      }),
    )
  records
    .command('show <agency> <kind> <reference>')
    .description('one client, case or event with what belongs to it')
    .action((agency: string, kind: string, reference: string) =>
      withHome(context, async (home) => {
        if (kind !== 'client' && kind !== 'case' && kind !== 'event') {
          throw new UsageError(
            'USAGE_INVALID',
            `records show takes client, case or event, not ${kind}.`,
          )
        }
        const { agencyId } = await home.agencies.get(agency)
        const { showRecord } = await import('../../records/index.ts')
        const found = await showRecord(home.db, agencyId, kind, reference)
        output.data(found, () => JSON.stringify(found, null, 2))
      }),
    )
}
