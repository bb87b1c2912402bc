import type { Command } from 'commander'
import type { CertificateAuthority } from '../../agencies/index.ts'
import type { CliContext } from '../context.ts'
import { withHome } from '../open-home.ts'
import { toTable } from '../output.ts'
import { readInput } from '../read-input.ts'

function toJson(ca: CertificateAuthority, agency: string): Record<string, unknown> {
  const { caId, fingerprint, keyType, label, revokedAt, createdAt } = ca
  return { caId, fingerprint, agency, keyType, label, revokedAt, createdAt }
}

/** `docketdrop ca add|list|revoke|revoke-certificate` */
export function registerCa(program: Command, context: CliContext): void {
  const { output, actor } = context
  const ca = program
    .command('ca')
    .description('authorities that sign OpenSSH certificates for the accounts of an agency')
  ca.command('add <agency> <file>')
    .description('trust certificates signed with this key (`-` reads it from standard input)')
    .option('--label <text>', 'what the authority is')
    .action((agency: string, file: string, { label }: { label?: string }) =>
      withHome(context, async (home) => {
        const publicKey = await readInput(file, context.streams)
        const made = await home.agencies.addCa(agency, { publicKey, label }, actor)
        output.data({ ...toJson(made.ca, agency), isNew: made.isNew }, () => {
          const { keyType, fingerprint } = made.ca
          return `${made.isNew ? 'Added' : 'Already there:'} ${keyType} ${fingerprint} for ${agency}.`
        })
      }),
    )
  ca.command('list <agency>')
    .description('the authorities of an agency, revoked ones too')
    .action((agency: string) =>
      withHome(context, async (home) => {
        const all = await home.agencies.listCas(agency)
        output.data(
          all.map((one) => toJson(one, agency)),
          () =>
            toTable(
              ['Authority', 'Type', 'Fingerprint', 'Label', 'Revoked'],
              all.map(({ caId, keyType, fingerprint, label, revokedAt }) => [
                caId,
                keyType,
                fingerprint,
                label,
                revokedAt,
              ]),
              'No authority yet.',
            ),
        )
      }),
    )
  ca.command('revoke <agency> <ca>')
    .description('trust none of its certificates from now on (by id or fingerprint)')
    .action((agency: string, id: string) =>
      withHome(context, async (home) => {
        const revoked = await home.agencies.revokeCa(agency, id, actor)
        output.data(
          toJson(revoked, agency),
          () => `Revoked ${revoked.fingerprint} of ${agency}: its certificates open nothing.`,
        )
      }),
    )
  ca.command('revoke-certificate <agency> <certificate>')
    .description('refuse one certificate, by serial number (ssh-keygen -z) or key id (-I)')
    .action((agency: string, id: string) =>
      withHome(context, async (home) => {
        const { certificate, isNew } = await home.agencies.revokeCertificate(agency, id, actor)
        const { keyId, serial, createdAt } = certificate
        output.data({ agency, keyId, serial, revokedAt: createdAt, isNew }, () =>
          serial === null
            ? `Certificates of ${agency} with the key id ${keyId} open nothing.`
            : `Certificates of ${agency} with the serial number or key id ${keyId} open nothing.`,
        )
      }),
    )
  ca.command('revoked <agency>')
    .description('certificates that were revoked one by one')
    .action((agency: string) =>
      withHome(context, async (home) => {
        const all = await home.agencies.listRevokedCertificates(agency)
        output.data(
          all.map(({ keyId, serial, createdAt }) => ({
            agency,
            keyId,
            serial,
            revokedAt: createdAt,
          })),
          () =>
            toTable(
              ['Key id or serial', 'Revoked'],
              all.map(({ keyId, createdAt }) => [keyId, createdAt]),
            ),
        )
      }),
    )
}
