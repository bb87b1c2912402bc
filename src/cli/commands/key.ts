import type { Command } from 'commander'
import { parsePublicKey } from '../../agencies/index.ts'
import type { AccountKey, NewKey } from '../../agencies/index.ts'
import { UsageError } from '../../errors/index.ts'
import type { CliContext } from '../context.ts'
import { withHome } from '../open-home.ts'
import { countDaysLeft, warnOfKeys } from '../key-warnings.ts'
import { toTable } from '../output.ts'
import { readInput } from '../read-input.ts'
import { registerHostKey } from './host-key.ts'

interface KeyOptions {
  label?: string
  from?: string
  expires?: string
}

function toJson(key: AccountKey): Record<string, unknown> {
  const {
    keyId,
    fingerprint,
    account,
    keyType,
    label,
    fromNetworks,
    expiresAt,
    revokedAt,
    lastUsedAt,
    createdAt,
  } = key
  return {
    keyId,
    fingerprint,
    account,
    keyType,
    label,
    fromNetworks,
    expiresAt,
    revokedAt,
    lastUsedAt,
    createdAt,
    daysLeft: countDaysLeft(key, new Date()),
  }
}

function parseInstant(text: string | undefined): Date | undefined {
  if (text === undefined) return undefined
  const at = new Date(text)
  if (Number.isNaN(at.getTime())) {
    throw new UsageError(
      'USAGE_INVALID',
      `--expires takes an ISO 8601 date or time, such as 2027-06-30, not ${text}.`,
    )
  }
  return at
}

async function readKey(
  context: CliContext,
  file: string,
  { label, from, expires }: KeyOptions,
): Promise<NewKey> {
  return {
    publicKey: await readInput(file, context.streams),
    label,
    fromNetworks: from
      ?.split(',')
      .map((network) => network.trim())
      .filter((network) => network !== ''),
    expiresAt: parseInstant(expires),
  }
}

/** `docketdrop key add|list|revoke|rotate|generate-host` */
export function registerKey(program: Command, context: CliContext): void {
  const { output, actor } = context
  const key = program
    .command('key')
    .description('public keys that open an account; host keys of this server')
  key
    .command('add <account> <file>')
    .description('let a public key sign in (`-` reads it from standard input)')
    .option('--label <text>', 'what the key is for')
    .option('--from <cidr,...>', 'networks it may be used from')
    .option('--expires <iso>', 'when it ends')
    .action((account: string, file: string, options: KeyOptions) =>
      withHome(context, async (home) => {
        const given = await readKey(context, file, options)
        const { key: added, isNew } = await home.agencies.addKey(account, given, actor)
        if (parsePublicKey(given.publicKey).hasOptions) {
          output.note(
            'The options before the key were not taken over; --from and --expires set them here.',
          )
        }
        output.data(
          { ...toJson(added), isNew },
          () =>
            `${isNew ? 'Added' : 'Already there:'} ${added.keyType} ${added.fingerprint} for ${account}.`,
        )
      }),
    )
  key
    .command('list <account>')
    .description('the keys of an account')
    .action((account: string) =>
      withHome(context, async (home) => {
        const keys = await home.agencies.listKeys(account)
        output.data(keys.map(toJson), () =>
          toTable(
            ['Key', 'Type', 'Fingerprint', 'Label', 'Expires', 'Revoked', 'Last used'],
            keys.map((one) => [
              one.keyId,
              one.keyType,
              one.fingerprint,
              one.label,
              one.expiresAt,
              one.revokedAt,
              one.lastUsedAt,
            ]),
            'No key yet.',
          ),
        )
        for (const line of warnOfKeys(keys, new Date())) output.note(line)
      }),
    )
  key
    .command('revoke <account> <key>')
    .description('refuse a key from now on (by id or fingerprint)')
    .action((account: string, id: string) =>
      withHome(context, async (home) => {
        const revoked = await home.agencies.revokeKey(account, id, actor)
        output.data(toJson(revoked), () => `Revoked ${revoked.fingerprint} of ${account}.`)
      }),
    )
  key
    .command('rotate <account> <file>')
    .description('add a new key and let the others expire after a time of overlap')
    .option('--label <text>', 'what the key is for')
    .option('--from <cidr,...>', 'networks it may be used from')
    .option('--overlap <days>', 'days that the old keys still work', '14')
    .action(
      (account: string, file: string, { overlap, ...options }: KeyOptions & { overlap: string }) =>
        withHome(context, async (home) => {
          const days = Number(overlap)
          if (!Number.isFinite(days) || days < 0)
            throw new UsageError(
              'USAGE_INVALID',
              `--overlap takes a number of days, not ${overlap}.`,
            )
          const { key: added, expiring } = await home.agencies.rotateKey(
            account,
            await readKey(context, file, options),
            days,
            actor,
          )
          output.data(
            { ...toJson(added), expiring: expiring.map(toJson) },
            () =>
              `Added ${added.fingerprint}. ${expiring.length} older key(s) work for ${days} more day(s).`,
          )
        }),
    )
  registerHostKey(key, context)
}
