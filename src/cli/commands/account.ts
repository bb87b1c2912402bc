import { networkInterfaces } from 'node:os'
import type { Command } from 'commander'
import type {
  Account,
  AccountKey,
  CertificateAuthority,
  PasswordState,
} from '../../agencies/index.ts'
import { UsageError } from '../../errors/index.ts'
import type { CliContext } from '../context.ts'
import { countDaysLeft, isInForce, warnOfKeys } from '../key-warnings.ts'
import { withHome } from '../open-home.ts'
import type { OpenHome } from '../open-home.ts'
import { toTable } from '../output.ts'
import { addQuotaOptions, describeQuota, toQuotaChanges, toQuotaJson } from '../quota-options.ts'
import type { QuotaOptions } from '../quota-options.ts'
import { registerAccountPassword, toPasswordJson } from './account-password.ts'
import { describeState, hostKeyToJson } from './host-key.ts'

function toJson(account: Account, agency: string): Record<string, unknown> {
  const {
    agencyId: _agencyId,
    accountId: _accountId,
    quota: _quota,
    isPushOnly,
    createdAt,
    ...rest
  } = account
  return { ...rest, agency, pushOnly: isPushOnly, createdAt: createdAt.toISOString() }
}

/** The address a sender would most likely use: the public URL's host, a fixed listener, or this machine's first outside address. */
function guessHost(home: OpenHome): string {
  const { publicUrl, sftp } = home.config
  if (publicUrl !== undefined) return new URL(publicUrl).hostname
  if (sftp.host !== '0.0.0.0' && sftp.host !== '::') return sftp.host
  const outside = Object.values(networkInterfaces())
    .flat()
    .find((address) => address !== undefined && !address.internal && address.family === 'IPv4')
  return outside?.address ?? '127.0.0.1'
}

interface SignIn {
  readonly keys: readonly AccountKey[]
  readonly authorities: readonly CertificateAuthority[]
  readonly password: PasswordState
  readonly passwordLogin: boolean
}

/** How the account can be opened, and what will soon be in the way; one line each. */
function describeSignIn({ keys, authorities, password, passwordLogin }: SignIn): string[] {
  const now = new Date()
  const count = keys.filter((key) => isInForce(key, now)).length
  const { setAt, lockedUntil } = password
  const ways = [
    ...(count > 0 ? [`${count} public key(s)`] : []),
    ...(authorities.length > 0 ? [`certificates of ${authorities.length} authority(s)`] : []),
    ...(passwordLogin && setAt !== null ? ['a password'] : []),
  ]
  return [
    ways.length === 0 ? 'no key yet: docketdrop key add' : ways.join(', '),
    ...(setAt !== null && !passwordLogin ? ['a password is set, but passwords are off'] : []),
    ...(lockedUntil === null ? [] : [`the password is locked until ${lockedUntil.toISOString()}`]),
    ...warnOfKeys(keys, now),
  ]
}

async function createCard(
  home: OpenHome,
  account: Account,
): Promise<{ json: Record<string, unknown>; text: string }> {
  const { loadHostKeys } = await import('../../sftp/index.ts')
  const { agency, passwordLogin } = await home.agencies.getById(account.agencyId)
  const known = await loadHostKeys(home.config.keys, { profiles: [home.config.sftp.profile] })
  const hostKeys = known.filter(({ state }) => state !== 'retired')
  const host = guessHost(home)
  const { port } = home.config.sftp
  const keys = await home.agencies.listKeys(account.account)
  const authorities = (await home.agencies.listCas(agency)).filter((ca) => ca.revokedAt === null)
  const password = await home.agencies.getPasswordState(account.account)
  const { uploads } = await home.inbox()
  const used = await uploads.measureUsage(account.agencyId, account.account)
  const limits = describeQuota(account.quota, used)
  const winscp = `open sftp://${account.account}@${host}:${port}/ -hostkey="${hostKeys.map(({ type, fingerprint }) => `${type} ${type === 'ssh-ed25519' ? 255 : 256} ${fingerprint}`)[0] ?? ''}" -privatekey="C:\\keys\\${account.account}.ppk"`
  const openssh = `sftp -P ${port} -i ~/.ssh/${account.account} ${account.account}@${host}`
  const json = {
    ...toJson(account, agency),
    ...toQuotaJson(account.quota, used),
    host,
    port,
    fingerprints: hostKeys.map((key) => {
      const { path: _path, ...shown } = hostKeyToJson(key)
      return shown
    }),
    folders: { inbox: '/inbox', processed: '/processed', error: '/error', outbox: '/outbox' },
    keys: keys.map((key) => ({
      keyId: key.keyId,
      fingerprint: key.fingerprint,
      label: key.label,
      expiresAt: key.expiresAt,
      lastUsedAt: key.lastUsedAt,
      revokedAt: key.revokedAt,
      daysLeft: countDaysLeft(key, new Date()),
    })),
    authorities: authorities.map(({ caId, fingerprint, label }) => ({ caId, fingerprint, label })),
    passwordLogin,
    ...toPasswordJson(password),
    winscp,
    openssh,
  }
  const text = [
    `Connection card for ${account.account} (${agency})`,
    '',
    `  Host            ${host}`,
    `  Port            ${port}`,
    `  User            ${account.account}`,
    ...hostKeys.map((key) => {
      const when = key.state === 'next' ? ` (${describeState(key)})` : ''
      return `  Host key        ${key.type} ${key.fingerprint}${when}`
    }),
    ...describeSignIn({ keys, authorities, password, passwordLogin }).map(
      (line, at) => `  ${at === 0 ? 'Sign-in' : '       '}         ${line}`,
    ),
    ...limits.map((line, at) => `  ${at === 0 ? 'Limits' : '      '}          ${line}`),
    '',
    '  /inbox          put the nightly file here (the session starts here)',
    '  /processed      what was imported, with its receipt',
    '  /error          what was refused, and why in plain words',
    '  /outbox         the latest receipt under the name that was sent',
    '',
    `  OpenSSH         ${openssh}`,
    `  WinSCP          ${winscp}`,
  ].join('\n')
  return { json, text }
}

interface SetOptions extends QuotaOptions {
  readonly alias?: string | boolean
  readonly pushOnly?: string
}

/** `docketdrop account add|list|show|set|disable|password|unlock` */
export function registerAccount(program: Command, context: CliContext): void {
  const { output, actor } = context
  const account = program.command('account').description('SFTP logins of an agency')
  account
    .command('add <account>')
    .description('make a further login')
    .requiredOption('--agency <agency>', 'whose login it is')
    .option(
      '--alias <dir>',
      'an old absolute folder, such as /home/ubuntu, that leads to the inbox',
    )
    .option('--push-only', 'may not read the originals back')
    .action(
      (
        name: string,
        { agency, alias, pushOnly }: { agency: string; alias?: string; pushOnly?: boolean },
      ) =>
        withHome(context, async (home) => {
          const made = await home.agencies.createAccount(
            agency,
            name,
            { alias, isPushOnly: pushOnly },
            actor,
          )
          output.data(
            toJson(made, agency),
            () =>
              `Account ${made.account} of ${agency} is ready. Next: docketdrop key add ${made.account} <public key file>`,
          )
        }),
    )
  account
    .command('list [agency]')
    .description('all logins, or those of one agency')
    .action((agency: string | undefined) =>
      withHome(context, async (home) => {
        const names = new Map((await home.agencies.list()).map((one) => [one.agencyId, one.agency]))
        const all = await home.agencies.listAccounts(agency)
        output.data(
          all.map((one) => toJson(one, names.get(one.agencyId) ?? '')),
          () =>
            toTable(
              ['Account', 'Agency', 'Alias', 'Push only', 'Status'],
              all.map((one) => [
                one.account,
                names.get(one.agencyId),
                one.alias,
                one.isPushOnly,
                one.status,
              ]),
            ),
        )
      }),
    )
  account
    .command('show <account>')
    .description('the connection card: all that a sender needs')
    .action((name: string) =>
      withHome(context, async (home) => {
        const card = await createCard(home, await home.agencies.getAccount(name))
        output.data(card.json, () => card.text)
      }),
    )
  addQuotaOptions(account.command('set <account>').description('change a login'))
    .option('--alias <dir>', 'an old absolute folder that leads to the inbox')
    .option('--no-alias', 'take the alias away')
    .option('--push-only <yes|no>', 'may it read the originals back?')
    .action((name: string, { alias, pushOnly, ...limits }: SetOptions) =>
      withHome(context, async (home) => {
        if (pushOnly !== undefined && !['yes', 'no'].includes(pushOnly)) {
          throw new UsageError('USAGE_INVALID', `--push-only takes yes or no, not ${pushOnly}.`)
        }
        const changed = await home.agencies.updateAccount(
          name,
          {
            ...(alias === false ? { alias: null } : typeof alias === 'string' ? { alias } : {}),
            ...(pushOnly === undefined ? {} : { isPushOnly: pushOnly === 'yes' }),
            quota: toQuotaChanges(limits),
          },
          actor,
        )
        const { agency } = await home.agencies.getById(changed.agencyId)
        output.data(toJson(changed, agency), () => `Account ${changed.account} is changed.`)
      }),
    )
  account
    .command('disable <account>')
    .description('refuse this login from now on')
    .action((name: string) =>
      withHome(context, async (home) => {
        const one = await home.agencies.disableAccount(name, actor)
        const { agency } = await home.agencies.getById(one.agencyId)
        output.data(toJson(one, agency), () => `Account ${one.account} is switched off.`)
      }),
    )
  registerAccountPassword(account, context)
}
