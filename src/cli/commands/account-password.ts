import type { Command } from 'commander'
import type { PasswordState } from '../../agencies/index.ts'
import type { CliContext } from '../context.ts'
import { withHome } from '../open-home.ts'
import type { OpenHome } from '../open-home.ts'
import { readSecret } from '../read-secret.ts'

/** What `--json` says about the password of an account. */
export function toPasswordJson({ setAt, failures, lockedUntil }: PasswordState) {
  return {
    passwordSetAt: setAt?.toISOString() ?? null,
    passwordFailures: failures,
    lockedUntil: lockedUntil?.toISOString() ?? null,
  }
}

async function toJson(home: OpenHome, name: string, state: PasswordState) {
  const { account, agencyId } = await home.agencies.getAccount(name)
  const { agency, passwordLogin } = await home.agencies.getById(agencyId)
  return { account, agency, passwordLogin, ...toPasswordJson(state) }
}

/** `docketdrop account password|unlock` */
export function registerAccountPassword(account: Command, context: CliContext): void {
  const { output, actor, streams } = context
  account
    .command('password <account>')
    .description('set a password, read from standard input or the terminal; keys are safer')
    .option('--remove', 'take the password away')
    .action((name: string, { remove }: { remove?: boolean }) =>
      withHome(context, async (home) => {
        // Before anything is typed in vain.
        await home.agencies.getAccount(name)
        const state =
          remove === true
            ? await home.agencies.removePassword(name, actor)
            : await home.agencies.setPassword(name, await readSecret(streams, 'Password'), actor)
        const json = await toJson(home, name, state)
        if (remove !== true && !json.passwordLogin) {
          output.note(
            `Passwords are off for ${json.agency}: docketdrop agency set ${json.agency} --password-login on`,
          )
        }
        output.data(json, () =>
          remove === true ? `${name} has no password.` : `The password of ${name} is set.`,
        )
      }),
    )
  account
    .command('unlock <account>')
    .description('let an account sign in with its password again after too many wrong ones')
    .action((name: string) =>
      withHome(context, async (home) => {
        const state = await home.agencies.unlockAccount(name, actor)
        output.data(await toJson(home, name, state), () => `${name} is not locked.`)
      }),
    )
}
