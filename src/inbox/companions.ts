import { chooseFeed, findCompanionFeed, isSameName, toCompanionName } from '../agencies/index.ts'
import type { CompanionKind, Feed } from '../agencies/index.ts'
import { inTransaction } from '../db/index.ts'
import type { Trx } from '../db/index.ts'
import { archiveUpload } from './archive.ts'
import { removeHeld } from './archive-place.ts'
import {
  listCompanionAgencies,
  lockCandidates,
  saveCompanion,
  saveFreed,
  saveMismatch,
  saveOvertaken,
  saveVouched,
} from './companion-store.ts'
import type { InboxContext } from './inbox-context.ts'
import { judgeManifest } from './judge-manifest.ts'
import { noteChange } from './note-change.ts'
import type { UploadRow } from './upload-row.ts'

/** Files of these sources wait for what their feed says; a file that a person hands over needs no one to speak for it. */
const senders: readonly UploadRow['source'][] = ['sftp', 'disk']

/** Names of the files that must come before this one is read; empty where its feed asks for none. */
export function listAwaited(feeds: readonly Feed[], row: UploadRow): string[] {
  if (!senders.includes(row.source) || row.forced_template !== null) return []
  if (row.rejects_of !== null || row.is_released) return []
  if (findCompanionFeed(feeds, row.file_name) !== undefined) return []
  const feed = chooseFeed(feeds, row.file_name)
  return [feed?.trigger, feed?.manifest].flatMap((pattern) =>
    pattern == null ? [] : [toCompanionName(pattern, row.file_name)],
  )
}

/** Did its trigger file or manifest come, for these very bytes? */
export function isSpokenFor({ vouched_by, vouched_seq, seq }: UploadRow): boolean {
  return vouched_seq === seq && vouched_by !== 'rename'
}

/** Is this upload a trigger file or manifest? */
export function isCompanion(feeds: readonly Feed[], row: UploadRow): boolean {
  return senders.includes(row.source) && findCompanionFeed(feeds, row.file_name) !== undefined
}

/** What changed in one round. */
interface Round {
  readonly vouched: UploadRow[]
  readonly mismatched: UploadRow[]
  readonly ended: UploadRow[]
}

/** The candidates of one name: the file that came last, and those before it. */
function groupByName(rows: readonly UploadRow[]): UploadRow[][] {
  const groups: UploadRow[][] = []
  for (const row of [...rows].reverse()) {
    const group = groups.find(
      ([one]) => one !== undefined && isSameName(one.file_name, row.file_name),
    )
    if (group === undefined) groups.push([row])
    else group.push(row)
  }
  return groups
}

function explainUse(kind: CompanionKind, of: UploadRow): string {
  const what =
    kind === 'trigger' ? 'This is a trigger file; it said' : 'This is a manifest; it showed'
  return `${what} that ${of.file_name} is whole. It is not data, so nothing of it was imported. Nothing needs to be done.`
}

/** Holds the file against its manifest; false when it differs, which is saved unless it was before. */
async function fitsManifest(
  context: InboxContext,
  trx: Trx,
  row: UploadRow,
  manifest: UploadRow,
  round: Round,
): Promise<boolean> {
  if (row.reason === 'MANIFEST_MISMATCH' && manifest.companion_of === row.upload_id) return false
  const explanation = await judgeManifest(context, row, manifest)
  if (explanation === undefined) return true
  await saveMismatch(trx, row, manifest, explanation)
  round.mismatched.push({ ...row, state: 'held', reason: 'MANIFEST_MISMATCH' })
  return false
}

async function pairName(
  context: InboxContext,
  trx: Trx,
  [row, ...older]: readonly UploadRow[],
  parts: { readonly feed: Feed; readonly companions: readonly UploadRow[] },
  round: Round,
): Promise<void> {
  if (row === undefined) return
  const { feed, companions } = parts
  const named = (pattern: string) =>
    companions.filter((one) => isSameName(one.file_name, toCompanionName(pattern, row.file_name)))
  const triggers = feed.trigger == null ? undefined : named(feed.trigger)
  const manifests = feed.manifest == null ? undefined : named(feed.manifest)
  if (triggers?.length === 0 || manifests?.length === 0) return
  const manifest = manifests?.at(-1)
  if (manifest !== undefined && !(await fitsManifest(context, trx, row, manifest, round))) return
  await saveVouched(trx, row, manifest === undefined ? 'trigger' : 'manifest')
  round.vouched.push(row)
  for (const one of triggers ?? []) await saveCompanion(trx, one, row, explainUse('trigger', row))
  for (const one of manifests ?? []) await saveCompanion(trx, one, row, explainUse('manifest', row))
  const explanation =
    'A later file of the same name came with its trigger file or manifest; nothing ever said that this one is whole. Nothing needs to be done.'
  for (const one of older) await saveOvertaken(trx, one, row, explanation)
  round.ended.push(...(triggers ?? []), ...(manifests ?? []), ...older)
}

async function pairAgency(
  context: InboxContext,
  agencyId: number,
  feeds: readonly Feed[],
): Promise<Round> {
  return inTransaction(context.db, async (trx) => {
    const round: Round = { vouched: [], mismatched: [], ended: [] }
    const rows = await lockCandidates(trx, agencyId)
    const companions = rows.filter((row) => isCompanion(feeds, row))
    const data = rows.filter((row) => listAwaited(feeds, row).length > 0)
    for (const group of groupByName(data.filter((row) => !isSpokenFor(row)))) {
      const feed = chooseFeed(feeds, group[0]?.file_name ?? '')
      if (feed !== undefined) await pairName(context, trx, group, { feed, companions }, round)
    }
    const free = rows.filter(
      (row) =>
        row.state === 'received' &&
        ((row.reason === 'TRIGGER_AWAITED' && !data.includes(row)) ||
          (row.reason === 'COMPANION_UNUSED' && !companions.includes(row))),
    )
    if (free.length > 0) await saveFreed(trx, free)
    return round
  })
}

async function tellRound(context: InboxContext, round: Round): Promise<void> {
  for (const row of round.vouched) {
    if (row.state !== 'held') continue
    context.log.info('upload queued', { uploadId: row.upload_id, agencyId: row.agency_id })
    await context.lock(`upload:${row.upload_id}`, () => removeHeld(context, row))
  }
  for (const row of round.mismatched) {
    const fields = { uploadId: row.upload_id, agencyId: row.agency_id }
    context.log.warn('upload held', { ...fields, reason: row.reason, bytes: row.bytes })
    noteChange(context, row, 'upload.held', { reason: row.reason })
    await context.lock(`upload:${row.upload_id}`, () => removeHeld(context, row))
    await archiveUpload(context, row.agency_id, row.upload_id)
  }
  for (const row of round.ended) await archiveUpload(context, row.agency_id, row.upload_id)
}

/**
 * Brings files together with the trigger files and manifests that speak for them, whichever came first, and frees
 * what waits for nothing any more because a feed was changed. How many uploads moved.
 *
 * Of several files of one name the last one is meant; older ones that never were complete make way for it.
 */
export async function pairCompanions(context: InboxContext): Promise<number> {
  let count = 0
  for (const agencyId of await listCompanionAgencies(context.db)) {
    const round = await pairAgency(context, agencyId, await context.agencies.listFeeds(agencyId))
    await tellRound(context, round)
    count += round.vouched.length + round.mismatched.length
  }
  return count
}
