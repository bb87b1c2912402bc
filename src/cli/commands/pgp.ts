import type { Command } from 'commander'
import { createPgpKeys } from '../../agencies/index.ts'
import type { PgpKey, PgpKeys } from '../../agencies/index.ts'
import { createSecretBox } from '../../config/index.ts'
import type { CliContext } from '../context.ts'
import { withHome } from '../open-home.ts'
import { toTable } from '../output.ts'
import { readInput } from '../read-input.ts'

const roles = { receive: 'ours, opens files', sender: "a sender's, signs files" } as const

function toJson(key: PgpKey, agency: string): Record<string, unknown> {
  const { keyId, role, fingerprint, userId, label, expiresAt, revokedAt, createdAt } = key
  return {
    ...{ keyId, role, fingerprint: fingerprint.toUpperCase(), agency, userId, label },
    ...{ expiresAt, revokedAt, createdAt },
  }
}

interface ImportOptions {
  readonly label?: string
  readonly passphraseFile?: string
}

/** `docketdrop pgp generate|import|list|show|revoke` */
export function registerPgp(program: Command, context: CliContext): void {
  const { output, actor } = context
  const withKeys = (work: (keys: PgpKeys) => Promise<void>): Promise<void> =>
    withHome(context, ({ db, config }) =>
      work(createPgpKeys({ db, secretBox: createSecretBox(config.keys) })),
    )
  const pgp = program
    .command('pgp')
    .description('OpenPGP keys of an agency: for opening files, and of senders who sign them')
  pgp
    .command('generate <agency>')
    .description('make a key pair; senders encrypt their files with its public half')
    .option('--label <text>', 'what the key is for')
    .action((agency: string, { label }: { label?: string }) =>
      withKeys(async (keys) => {
        const key = await keys.generate(agency, { label }, actor)
        output.data({ ...toJson(key, agency), publicKey: key.publicKey }, () =>
          [
            `Made the OpenPGP key ${key.fingerprint.toUpperCase()} for ${agency}.`,
            'Give this public half to whoever sends the files:',
            key.publicKey.trimEnd(),
          ].join('\n'),
        )
      }),
    )
  pgp
    .command('import <agency> <file>')
    .description(
      'take over a key (`-` reads it from standard input): a private one opens files, a public one is that of a sender, whose signature is asked for from now on',
    )
    .option('--label <text>', 'whose key it is')
    .option('--passphrase-file <file>', 'opens a private key that is locked')
    .action((agency: string, file: string, { label, passphraseFile }: ImportOptions) =>
      withKeys(async (keys) => {
        const armored = await readInput(file, context.streams)
        const passphrase =
          passphraseFile === undefined
            ? undefined
            : (await readInput(passphraseFile, context.streams)).replace(/\r?\n$/, '')
        const { key, isNew } = await keys.import(agency, { armored, passphrase, label }, actor)
        output.data({ ...toJson(key, agency), isNew }, () => {
          const done = isNew ? 'Added' : 'Already there:'
          return `${done} ${key.fingerprint.toUpperCase()} for ${agency} (${roles[key.role]}).`
        })
      }),
    )
  pgp
    .command('list <agency>')
    .description('the keys of an agency, revoked ones too')
    .action((agency: string) =>
      withKeys(async (keys) => {
        const all = await keys.list(agency)
        output.data(
          all.map((key) => toJson(key, agency)),
          () =>
            toTable(
              ['Fingerprint', 'Whose', 'User', 'Label', 'Expires', 'Revoked'],
              all.map(({ fingerprint, role, userId, label, expiresAt, revokedAt }) => [
                fingerprint.toUpperCase(),
                roles[role],
                userId,
                label,
                expiresAt,
                revokedAt,
              ]),
              'No OpenPGP key yet.',
            ),
        )
      }),
    )
  pgp
    .command('show <agency> [key]')
    .description('print the public half of a key (by fingerprint); the newest of ours unless named')
    .action((agency: string, asked: string | undefined) =>
      withKeys(async (keys) => {
        const key = await keys.get(agency, asked)
        output.data({ ...toJson(key, agency), publicKey: key.publicKey }, () =>
          key.publicKey.trimEnd(),
        )
      }),
    )
  pgp
    .command('revoke <agency> <key>')
    .description('open no file with it, or believe no signature of it, from now on')
    .action((agency: string, asked: string) =>
      withKeys(async (keys) => {
        const key = await keys.revoke(agency, asked, actor)
        output.data(
          toJson(key, agency),
          () => `Revoked ${key.fingerprint.toUpperCase()} of ${agency}.`,
        )
      }),
    )
}
