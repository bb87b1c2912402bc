import type { Queryable } from '../db/index.ts'
import { installation } from './append-store.ts'
import type { Head } from './append-store.ts'
import { hashEntry } from './entry-hash.ts'
import type { AuditEntry, AuditVerdict } from './types.ts'

interface EntryRow {
  agency_id: number
  number: number
  at: Date
  actor: string
  action: string
  subject: string
  detail: Record<string, unknown>
  hash: string
}

const pageSize = 1000

function toEntry(row: EntryRow): AuditEntry {
  return {
    agencyId: row.agency_id === installation ? null : row.agency_id,
    number: row.number,
    at: row.at,
    actor: row.actor,
    action: row.action,
    subject: row.subject,
    detail: row.detail,
    hash: row.hash,
  }
}

/** Which entries are wanted. */
export interface AuditFilter {
  /** The newest ones only. */
  readonly limit?: number | undefined
  /** `key.add`, or `key` for all that is done to keys. */
  readonly action?: string | undefined
  readonly since?: Date | undefined
}

/**
 * Entries of one agency, of the installation (null), or of all chains ('all', by time), newest first; all of them without a
 * limit.
 */
export async function listAudit(
  db: Queryable,
  agencyId: number | null | 'all',
  { limit, action, since }: AuditFilter = {},
): Promise<AuditEntry[]> {
  const query = db<EntryRow>('audit_entries')
  if (agencyId === 'all') void query.orderBy('at', 'desc')
  else void query.where({ agency_id: agencyId ?? installation })
  void query.orderBy('number', 'desc')
  if (action?.includes('.') === true) void query.where({ action })
  else if (action !== undefined) void query.whereRaw('starts_with(action, ?)', [`${action}.`])
  if (since !== undefined) void query.where('at', '>=', since)
  if (limit !== undefined) void query.limit(limit)
  return (await query).map(toEntry)
}

/** All entries of a chain from its first, without holding them in memory. */
export async function* streamAudit(
  db: Queryable,
  agencyId: number | null,
): AsyncGenerator<AuditEntry> {
  let last = 0
  for (;;) {
    const page = await readPage(db, agencyId ?? installation, last)
    yield* page.map(toEntry)
    if (page.length < pageSize) return
    last = page.at(-1)?.number ?? last
  }
}

/** The chains that there are: agency ids, null for the installation. */
export async function listChains(db: Queryable): Promise<(number | null)[]> {
  const { rows } = await db.raw<{ rows: { agency_id: number }[] }>(
    `select agency_id from audit_heads
      union
     select agency_id from audit_entries
      order by agency_id`,
  )
  return rows.map(({ agency_id }) => (agency_id === installation ? null : agency_id))
}

function readPage(db: Queryable, chain: number, after: number): Promise<EntryRow[]> {
  return db<EntryRow>('audit_entries')
    .where({ agency_id: chain })
    .andWhere('number', '>', after)
    .orderBy('number')
    .limit(pageSize)
}

async function readHead(db: Queryable, agencyId: number): Promise<Head> {
  const head = await db<Head & { agency_id: number }>('audit_heads')
    .where({ agency_id: agencyId })
    .first('number', 'hash')
  return head ?? { number: 0, hash: '' }
}

/** The entry before the last so many; undefined where the chain is not longer, or the entry is not there. */
async function findStart(db: Queryable, chain: number, last: number): Promise<Head | undefined> {
  const { number } = await readHead(db, chain)
  if (number <= last) return undefined
  return db<EntryRow>('audit_entries')
    .where({ agency_id: chain, number: number - last })
    .first('number', 'hash')
}

/** Number of the first entry of the page that does not continue the chain. */
function findBreak(page: readonly EntryRow[], end: Head): { end: Head; firstBad?: number } {
  let { number, hash } = end
  for (const row of page) {
    const isNext =
      row.number === number + 1 &&
      row.hash === hashEntry(hash, { ...toEntry(row), agencyId: row.agency_id })
    if (!isNext) return { end: { number, hash }, firstBad: number + 1 }
    ;({ number, hash } = row)
  }
  return { end: { number, hash } }
}

/**
 * Walks a whole chain and compares it with its recorded end. Finds every entry that was changed, removed, swapped or
 * slipped in; somebody who can write both tables and hashes everything anew is only found by comparing the last hash
 * with one kept elsewhere. With `last` only so many entries at the end are walked, and what stands before them is
 * believed. Works beside writers.
 */
export async function verifyAudit(
  db: Queryable,
  agencyId: number | null,
  { last }: { readonly last?: number | undefined } = {},
): Promise<AuditVerdict> {
  const chain = agencyId ?? installation
  const start = last === undefined ? undefined : await findStart(db, chain, last)
  let end: Head = start ?? { number: 0, hash: '' }
  const bad = (firstBad: number): AuditVerdict => ({ ok: false, entries: firstBad - 1, firstBad })
  for (;;) {
    // The head is read before the page, so the page must hold all that the head speaks of.
    const head = await readHead(db, chain)
    const page = await readPage(db, chain, end.number)
    const found = findBreak(page, end)
    if (found.firstBad !== undefined) return bad(found.firstBad)
    end = found.end
    if (page.length === pageSize) continue
    if (end.number < head.number) return bad(end.number + 1)
    if (end.number === head.number)
      return end.hash === head.hash ? { ok: true, entries: end.number } : bad(end.number)
    if (page.length === 0) return bad(head.number + 1)
  }
}
