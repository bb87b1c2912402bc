import type { Queryable, Trx } from '../db/index.ts'
import { hashEntry } from './entry-hash.ts'

/** An act to be recorded. */
export interface NewAuditEntry {
  /** The agency it concerns; null: the installation as a whole. */
  readonly agencyId: number | null
  /** Account, user or command that acted. */
  readonly actor: string
  /** `thing.act`, such as `key.add`. */
  readonly action: string
  /** Name or id of the thing acted on. */
  readonly subject: string
  /** Small facts: what was before, what is now. Never secrets, never what a file's rows say. */
  readonly detail: Readonly<Record<string, unknown>>
}

/**
 * Takes note of an act that has happened and has no transaction of its own, such as a sign-in. Returns at once, never throws;
 * the entry is written a little later.
 */
export type NoteAudit = (entry: NewAuditEntry) => void

/** A recorded act, as a link of its agency's chain. */
export interface AuditEntry extends NewAuditEntry {
  /** Place in the chain, from 1 without gaps. */
  readonly number: number
  readonly at: Date
  /** Lower-case hex; covers this entry and, through the previous hash, all before it. */
  readonly hash: string
}

export interface AuditVerdict {
  readonly ok: boolean
  /** Entries found good, counted from the first. */
  readonly entries: number
  /** Number of the first entry that is changed, missing or does not belong. */
  readonly firstBad?: number
}

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

interface Head {
  readonly number: number
  readonly hash: string
}

/** Chain of the installation as a whole; agencies count from 1. */
const installation = 0

const pageSize = 1000

/** Takes the end of the chain for this transaction alone: other writers of the same agency wait here. */
async function lockHead(trx: Trx, agencyId: number): Promise<Head & { at: Date }> {
  const { rows } = await trx.raw<{ rows: (Head & { at: Date })[] }>(
    `insert into audit_heads (agency_id, number, hash)
     values (?, 0, '')
         on conflict (agency_id) do update set number = audit_heads.number
     returning number, hash, clock_timestamp()::timestamptz(3) as at`,
    [agencyId],
  )
  return rows[0] as Head & { at: Date }
}

/**
 * Adds an entry to the chain of its agency, in the transaction of the act itself. Writers of one agency queue up
 * until each other's commit, so call it late. The time is the database's, in milliseconds.
 */
export async function recordAudit(trx: Trx, entry: NewAuditEntry): Promise<void> {
  const agencyId = entry.agencyId ?? installation
  const head = await lockHead(trx, agencyId)
  const number = head.number + 1
  const { actor, action, subject } = entry
  const json = JSON.stringify(entry.detail)
  const detail = JSON.parse(json) as Record<string, unknown>
  const hash = hashEntry(head.hash, {
    agencyId,
    number,
    at: head.at,
    actor,
    action,
    subject,
    detail,
  })
  await trx('audit_entries').insert({
    agency_id: agencyId,
    number,
    at: head.at,
    actor,
    action,
    subject,
    detail: json,
    hash,
  })
  await trx('audit_heads').where({ agency_id: agencyId }).update({ number, hash })
}

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

/** Entries of one agency, or of the installation (null), newest first; all of them without a limit. */
export async function listAudit(
  db: Queryable,
  agencyId: number | null,
  options: { limit?: number | undefined } = {},
): Promise<AuditEntry[]> {
  const query = db<EntryRow>('audit_entries')
    .where({ agency_id: agencyId ?? installation })
    .orderBy('number', 'desc')
  if (options.limit !== undefined) void query.limit(options.limit)
  return (await query).map(toEntry)
}

async function readHead(db: Queryable, agencyId: number): Promise<Head> {
  const head = await db<Head & { agency_id: number }>('audit_heads')
    .where({ agency_id: agencyId })
    .first('number', 'hash')
  return head ?? { number: 0, hash: '' }
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
 * with one kept elsewhere. Works beside writers.
 */
export async function verifyAudit(db: Queryable, agencyId: number | null): Promise<AuditVerdict> {
  const chain = agencyId ?? installation
  let end: Head = { number: 0, hash: '' }
  const bad = (firstBad: number): AuditVerdict => ({ ok: false, entries: firstBad - 1, firstBad })
  for (;;) {
    // The head is read before the page, so the page must hold all that the head speaks of.
    const head = await readHead(db, chain)
    const page = await db<EntryRow>('audit_entries')
      .where({ agency_id: chain })
      .andWhere('number', '>', end.number)
      .orderBy('number')
      .limit(pageSize)
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
