import type { Trx } from '../db/index.ts'
import { hashEntry } from './entry-hash.ts'
import type { NewAuditEntry } from './types.ts'

/** Where a chain ends. */
export interface Head {
  readonly number: number
  readonly hash: string
}

/** Chain of the installation as a whole; agencies count from 1. */
export const installation = 0

/** An act and how long ago it was, in milliseconds, when its entry is written. */
export interface AgedEntry {
  readonly entry: NewAuditEntry
  readonly ageMs: number
}

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

/** Text that PostgreSQL can keep: NUL and lone surrogates become U+FFFD. Strangers choose some of it, such as their account name. */
function toStorable(text: string): string {
  return text.replaceAll('\0', '\ufffd').toWellFormed()
}

/**
 * The entry as PostgreSQL will give it back, which is what its hash must cover. A copy: what the caller changes later changes
 * nothing. Throws for a detail that has no JSON.
 */
export function toStoredEntry(entry: NewAuditEntry): NewAuditEntry {
  const json = JSON.stringify(entry.detail, (_key, value: unknown) =>
    typeof value === 'string' ? toStorable(value) : value,
  )
  return {
    agencyId: entry.agencyId,
    actor: toStorable(entry.actor),
    action: entry.action,
    subject: toStorable(entry.subject),
    detail: JSON.parse(json) as Record<string, unknown>,
  }
}

/**
 * Adds entries to one chain in their order, in the transaction of the caller: one lock of the chain's end and one insert,
 * however many there are. The time of each is the database's, less its age. All must be stored entries of this chain.
 */
export async function appendEntries(
  trx: Trx,
  agencyId: number,
  entries: readonly AgedEntry[],
): Promise<void> {
  const head = await lockHead(trx, agencyId)
  let { number, hash } = head
  const rows = entries.map(({ entry, ageMs }) => {
    number += 1
    const at = new Date(head.at.getTime() - Math.max(0, Math.round(ageMs)))
    const fields = { ...entry, agencyId, number, at }
    hash = hashEntry(hash, fields)
    return { ...fields, hash }
  })
  await trx.raw(
    `with entries as (
       insert into audit_entries (agency_id, number, at, actor, action, subject, detail, hash)
       select ?, e.number, e.at, e.actor, e.action, e.subject, e.detail, e.hash
         from jsonb_to_recordset(?::jsonb)
           as e (number bigint, at timestamptz, actor text, action text, subject text, detail jsonb, hash text)
     )
     update audit_heads set number = ?, hash = ? where agency_id = ?`,
    [agencyId, JSON.stringify(rows), number, hash, agencyId],
  )
}

/**
 * Adds an entry to the chain of its agency, in the transaction of the act itself. Writers of one agency queue up
 * until each other's commit, so call it late. The time is the database's, in milliseconds.
 */
export async function recordAudit(trx: Trx, entry: NewAuditEntry): Promise<void> {
  const stored = { entry: toStoredEntry(entry), ageMs: 0 }
  await appendEntries(trx, entry.agencyId ?? installation, [stored])
}
