import type { Command } from 'commander'
import type { AuditEntry, AuditVerdict } from '../../audit/index.ts'
import { listAudit, listChains, streamAudit, verifyAudit } from '../../audit/index.ts'
import { AppError, UsageError } from '../../errors/index.ts'
import type { CliContext } from '../context.ts'
import { exitCodes } from '../exit-code.ts'
import { withHome } from '../open-home.ts'
import type { OpenHome } from '../open-home.ts'
import { toCell, toTable } from '../output.ts'
import { parseCount } from '../parse-number.ts'

interface ListOptions {
  limit?: string
  action?: string
  since?: string
}

/** Names of chains by agency id; the installation's own chain has none. */
async function nameChains(home: OpenHome): Promise<(agencyId: number | null) => string | null> {
  const names = new Map((await home.agencies.list()).map((one) => [one.agencyId, one.agency]))
  return (agencyId) => (agencyId === null ? null : (names.get(agencyId) ?? `agency ${agencyId}`))
}

function parseSince(text: string | undefined): Date | undefined {
  if (text === undefined) return undefined
  const since = new Date(text)
  if (!Number.isNaN(since.getTime())) return since
  throw new UsageError(
    'USAGE_INVALID',
    `--since takes a time such as 2026-11-24T00:00:00Z, not ${text}.`,
  )
}

function toJson(entry: AuditEntry, agency: string | null) {
  const { number, at, actor, action, subject, detail, hash } = entry
  return { agency, number, at: at.toISOString(), actor, action, subject, detail, hash }
}

async function findAgencyId(home: OpenHome, agency: string | undefined): Promise<number | 'all'> {
  return agency === undefined ? 'all' : (await home.agencies.get(agency)).agencyId
}

/** The chains that are meant: one agency's, or every one, also of an agency whose chain is gone. */
async function listWanted(home: OpenHome, agency: string | undefined): Promise<(number | null)[]> {
  if (agency !== undefined) return [(await home.agencies.get(agency)).agencyId]
  const agencies = (await home.agencies.list()).map(({ agencyId }) => agencyId)
  return [...new Set([...(await listChains(home.db)), ...agencies])]
}

interface NamedVerdict extends AuditVerdict {
  readonly agency: string | null
}

/** Every agency was added by somebody, so an agency without any entry has lost its chain. */
async function verifyChain(home: OpenHome, agencyId: number | null): Promise<AuditVerdict> {
  const verdict = await verifyAudit(home.db, agencyId)
  const isGone = agencyId !== null && verdict.entries === 0
  return isGone ? { ok: false, entries: 0, firstBad: 1 } : verdict
}

const nameOf = (agency: string | null) => agency ?? '(installation)'

function toBroken(bad: readonly NamedVerdict[]): AppError {
  const where = bad.map(({ agency, firstBad }) => `${nameOf(agency)} at entry ${firstBad ?? 1}`)
  return new AppError('AUDIT_BROKEN', `The audit log does not hold: ${where.join(', ')}.`, {
    hint: 'Somebody or something changed the table past docketdrop. Compare with a backup, and tell whoever answers for security.',
  })
}

/** `docketdrop audit list|verify|export` */
export function registerAudit(program: Command, context: CliContext): void {
  const { output } = context
  const audit = program
    .command('audit')
    .description('who did what, each entry chained to the one before')
  audit
    .command('list [agency]')
    .description('newest first; without an agency of all, and of the installation')
    .option('--limit <n>', 'the newest ones only')
    .option('--action <action>', 'such as key.add, or key for all that is done to keys')
    .option('--since <time>', 'from this time on, such as 2026-11-24T00:00:00Z')
    .action((agency: string | undefined, { limit, action, since }: ListOptions) =>
      withHome(context, async (home) => {
        const filter = { limit: parseCount('--limit', limit), action, since: parseSince(since) }
        const entries = await listAudit(home.db, await findAgencyId(home, agency), filter)
        const nameChain = await nameChains(home)
        const rows = entries.map((entry) => toJson(entry, nameChain(entry.agencyId)))
        output.data(rows, () =>
          toTable(
            ['At', 'Agency', 'No', 'Who', 'Did', 'To', 'Detail'],
            rows.map((row) => [
              ...[row.at.replace('T', ' ').slice(0, 19), nameOf(row.agency), row.number],
              ...[row.actor, row.action, row.subject, toCell(row.detail)],
            ]),
            'No entry.',
          ),
        )
      }),
    )
  audit
    .command('verify [agency]')
    .description('walk every chain and say where it breaks (exit 1)')
    .option('--all', 'all agencies and the installation, as without an agency')
    .action((agency: string | undefined, { all }: { all?: boolean }) =>
      withHome(context, async (home) => {
        const nameChain = await nameChains(home)
        const verdicts: NamedVerdict[] = []
        for (const chain of await listWanted(home, all === true ? undefined : agency))
          verdicts.push({ agency: nameChain(chain), ...(await verifyChain(home, chain)) })
        const render = () =>
          verdicts
            .map((one) =>
              one.ok
                ? `${nameOf(one.agency)}: ${one.entries} entries, all good`
                : `${nameOf(one.agency)}: broken at entry ${one.firstBad ?? 1}`,
            )
            .join('\n')
        const bad = verdicts.filter(({ ok }) => !ok)
        if (bad.length === 0) {
          output.data(verdicts, render)
          return
        }
        output.dataWithError(verdicts, toBroken(bad), render)
        context.setExitCode(exitCodes.failed)
      }),
    )
  audit
    .command('export [agency]')
    .description('every entry as NDJSON, oldest first, with the hashes')
    .action((agency: string | undefined) =>
      withHome(context, async (home) => {
        const nameChain = await nameChains(home)
        for (const chain of await listWanted(home, agency))
          for await (const entry of streamAudit(home.db, chain))
            await output.line(JSON.stringify(toJson(entry, nameChain(chain))))
      }),
    )
}
