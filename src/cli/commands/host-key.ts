import type { Command } from 'commander'
import { UsageError } from '../../errors/index.ts'
import type { HostKey } from '../../sftp/index.ts'
import type { CliContext } from '../context.ts'
import { toTable } from '../output.ts'

/** A host key as `--json` shows it. */
export function hostKeyToJson({ type, fingerprint, path, state, activeFrom }: HostKey) {
  return { type, fingerprint, path, state, activeFrom: activeFrom?.toISOString() ?? null }
}

/** What people need to know of a host key's state: "active", "from 24 Dec 2026 on", "retired". */
export function describeState({ state, activeFrom }: HostKey): string {
  return state === 'next' ? `from ${activeFrom?.toISOString() ?? ''} on` : state
}

function parseDays(text: string): number {
  const days = Number(text)
  if (text.trim() !== '' && Number.isFinite(days) && days >= 0 && days <= 3650) return days
  throw new UsageError(
    'USAGE_INVALID',
    `--retire-days takes a number of days from 0 to 3650, not ${text}.`,
  )
}

/** `docketdrop key generate-host` */
export function registerHostKey(key: Command, context: CliContext): void {
  const { output } = context
  key
    .command('generate-host')
    .description(
      'make the host keys of this server, if there are none, and print their fingerprints',
    )
    .option(
      '--retire-days <days>',
      'make new host keys, announce them to senders, and use them after so many days',
    )
    .action(async ({ retireDays }: { retireDays?: string }) => {
      const days = retireDays === undefined ? undefined : parseDays(retireDays)
      const { config } = context.loadConfig()
      const { loadHostKeys, parseListeners, rotateHostKeys } = await import('../../sftp/index.ts')
      const profiles = parseListeners(config.sftp).map(({ profile }) => profile)
      const keys =
        days === undefined
          ? await loadHostKeys(config.keys, { profiles })
          : await rotateHostKeys(config.keys, days, { profiles })
      output.data(keys.map(hostKeyToJson), () =>
        toTable(
          ['Type', 'Fingerprint', 'State', 'File'],
          keys.map((one) => [one.type, one.fingerprint, describeState(one), one.path]),
        ),
      )
    })
}
