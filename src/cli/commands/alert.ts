import type { Command } from 'commander'
import type { Alert, Alerts, AlertTarget } from '../../alerts/index.ts'
import { createSecretBox, readVersion } from '../../config/index.ts'
import { UnavailableError, UsageError } from '../../errors/index.ts'
import type { CliContext } from '../context.ts'
import { withHome } from '../open-home.ts'
import type { OpenHome } from '../open-home.ts'
import { toTable } from '../output.ts'
import { parseChoices } from '../parse-choices.ts'
import { parseCount } from '../parse-number.ts'
import { readInput } from '../read-input.ts'

interface AddOptions {
  email?: string
  webhook?: string
  events?: string
  webhookSecretFile?: string
}

interface LogOptions {
  state?: string[]
  limit?: string
}

/** Does one thing with the alerts of a home, and closes their senders. */
async function withAlerts<Result>(
  home: OpenHome,
  work: (alerts: Alerts) => Promise<Result>,
): Promise<Result> {
  const { createAlerts } = await import('../../alerts/index.ts')
  const { createSenders } = await import('../../senders/index.ts')
  const { db, log, agencies, config } = home
  const now = () => new Date()
  const messaging = await home.messaging()
  const alerts = createAlerts({
    db,
    log,
    agencies,
    now,
    bell: await home.database.openBell(),
    note: () => undefined,
    inbox: await home.inbox(),
    listResults: messaging.listResults,
    box: createSecretBox(config.keys),
    senders: createSenders({ settings: config, version: readVersion(), now }),
    keepDays: config.retention.alertsDays,
  })
  try {
    return await work(alerts)
  } finally {
    await alerts.stop()
  }
}

const toTargetJson = ({ agencyId: _internal, ...rest }: AlertTarget): Record<string, unknown> =>
  rest

const toAlertJson = ({ agencyId: _internal, dueAt, ...rest }: Alert): Record<string, unknown> => ({
  ...rest,
  dueAt: rest.state === 'waiting' ? dueAt : null,
})

/** The one target that was named. @throws UsageError unless exactly one was */
function parseTarget({ email, webhook }: AddOptions): {
  channel: 'email' | 'webhook'
  address: string
} {
  if (email !== undefined && webhook === undefined) return { channel: 'email', address: email }
  if (webhook !== undefined && email === undefined) return { channel: 'webhook', address: webhook }
  throw new UsageError('USAGE_INVALID', 'Name one target: --email or --webhook.', {
    hint: 'For several, run the command once for each.',
  })
}

const secretNote = `
Signing secret: %s
It is shown this once. Give it to whoever receives the webhook: each request carries webhook-id, webhook-timestamp
and webhook-signature as standardwebhooks.com describes.`

/** `docketdrop alert add|list|remove|test|log|retry` */
export function registerAlert(program: Command, context: CliContext): void {
  const { output, actor, streams } = context
  const alert = program
    .command('alert')
    .description('who is told of held, refused and missing files, by e-mail or webhook')
  alert
    .command('add <agency>')
    .description('tell somebody from now on; again with the same address changes its events')
    .option('--email <address>', 'an e-mail address; needs the settings smtp.host and smtp.from')
    .option('--webhook <url>', 'an address that takes signed JSON')
    .option(
      '--events <names|all>',
      'such as upload.held,feed.missing; unless given: all for a webhook, those that need somebody for e-mail',
    )
    .option(
      '--webhook-secret-file <file|->',
      'a signing secret of your own (whsec_…); else one is made',
    )
    .action((agency: string, options: AddOptions) =>
      withHome(context, async (home) => {
        const named = parseTarget(options)
        const { webhookSecretFile: file } = options
        const secret = file === undefined ? undefined : (await readInput(file, streams)).trim()
        const events = options.events?.split(',')
        const { target, secret: made } = await withAlerts(home, (alerts) =>
          alerts.addTarget(agency, { ...named, events, secret }, actor),
        )
        if (target.channel === 'email' && home.config.smtp.host === undefined)
          output.note('smtp.host is not set: nothing can be mailed until it is.')
        output.data(
          { ...toTargetJson(target), secret: made },
          () =>
            `${target.address} is told of ${target.events.join(', ')}.${made === null ? '' : `\n${secretNote.replace('%s', made)}`}`,
        )
        output.note(`\nNext: docketdrop alert test ${agency} ${target.targetId.slice(-8)}`)
      }),
    )
  alert
    .command('list <agency>')
    .description('who is told of what')
    .action((agency: string) =>
      withHome(context, async (home) => {
        const { agencyId } = await home.agencies.get(agency)
        const all = await withAlerts(home, (alerts) => alerts.listTargets(agencyId))
        output.data(all.map(toTargetJson), () =>
          toTable(
            ['Id', 'By', 'Address', 'Events', 'Off since'],
            all.map((one) => [
              one.targetId.slice(-8),
              one.channel,
              one.address,
              one.events.join(' '),
              one.disabledAt,
            ]),
            'Nobody is told. Add somebody with: docketdrop alert add',
          ),
        )
      }),
    )
  alert
    .command('remove <agency> <address|id>')
    .description('tell somebody no more; what waits for them is forgotten')
    .action((agency: string, wanted: string) =>
      withHome(context, async (home) => {
        const target = await withAlerts(home, (alerts) =>
          alerts.removeTarget(agency, wanted, actor),
        )
        output.data(toTargetJson(target), () => `${target.address} is told no more.`)
      }),
    )
  alert
    .command('test <agency> <address|id>')
    .description('send a test now and show the answer (exit 8 unless it is taken)')
    .action((agency: string, wanted: string) =>
      withHome(context, async (home) => {
        const { target, outcome, code, detail } = await withAlerts(home, (alerts) =>
          alerts.testTarget(agency, wanted),
        )
        if (outcome !== 'accepted')
          throw new UnavailableError(
            'ALERT_NOT_TAKEN',
            `${target.address} has not taken the test: ${code ?? outcome} (${detail}).`,
            { hint: 'docs/alerts.md says what each answer means and what to do.' },
          )
        output.data(
          { ...toTargetJson(target), outcome, detail },
          () => `${target.address}: taken (${detail}).`,
        )
      }),
    )
  alert
    .command('log <agency>')
    .description('what was told, what waits, and what was given up; newest first')
    .option('--state <waiting|sent|failed...>', 'only these')
    .option('--limit <n>', 'so many at most')
    .action((agency: string, options: LogOptions) =>
      withHome(context, async (home) => {
        const states = parseChoices('--state', options.state, [
          'waiting',
          'sent',
          'failed',
        ] as const)
        const limit = parseCount('--limit', options.limit)
        const { agencyId } = await home.agencies.get(agency)
        const all = await withAlerts(home, (alerts) => alerts.list(agencyId, { states, limit }))
        output.data(all.map(toAlertJson), () =>
          toTable(
            ['When', 'Event', 'To', 'State', 'Tries', 'Answer'],
            all.map((one) => [
              one.occurredAt,
              one.event,
              one.address,
              one.state,
              one.attempts,
              one.code === null ? '' : `${one.code} ${one.detail ?? ''}`,
            ]),
            'Nothing was told yet.',
          ),
        )
      }),
    )
  alert
    .command('retry <agency>')
    .description('try once more what was given up, and at once what waits')
    .action((agency: string) =>
      withHome(context, async (home) => {
        const count = await withAlerts(home, (alerts) => alerts.retry(agency, actor))
        output.data(
          { agency, count },
          () => `${count} alert(s) are tried again by the running server.`,
        )
      }),
    )
}
