import type { Db } from '../../db/index.ts'
import { findMaintenance, listBans, listExpiringKeys, listLockedAccounts } from './doctor-store.ts'
import { createFinding } from './finding.ts'
import type { Finding } from './finding.ts'

const warnDays = 30
const mostNamed = 5

const toDay = (date: Date): string => date.toISOString().slice(0, 10)
const toMinute = (date: Date): string => `${date.toISOString().slice(0, 16).replace('T', ' ')} UTC`

function nameSome(names: readonly string[]): string {
  const more = names.length - mostNamed
  return names.slice(0, mostNamed).join(', ') + (more > 0 ? ` and ${more} more` : '')
}

async function examineBans(db: Db): Promise<Finding> {
  const bans = await listBans(db)
  if (bans.length === 0) return createFinding('access.bans', 'ok', 'No address is banned.')
  const named = bans.map(
    ({ network, until, reason }) =>
      `${network} until ${toMinute(until)}${reason === null ? '' : ` (${reason})`}`,
  )
  return createFinding(
    'access.bans',
    'warn',
    `${bans.length} address(es) are banned: ${nameSome(named)}.`,
    'Normal for strangers. If one is a sender of yours: mend its key or account name, then docketdrop bans clear <address>.',
  )
}

async function examineMaintenance(db: Db): Promise<Finding> {
  const found = await findMaintenance(db)
  if (found === undefined) return createFinding('access.maintenance', 'ok', 'Maintenance is off.')
  const text = `Maintenance is on since ${toMinute(found.since)} (${found.actor}): no new file is taken.`
  return createFinding('access.maintenance', 'warn', text, 'docketdrop maintenance off ends it.')
}

async function examineExpiry(db: Db): Promise<Finding> {
  const keys = await listExpiringKeys(db, warnDays)
  if (keys.length === 0)
    return createFinding('access.keys', 'ok', `No key expires within ${warnDays} days.`)
  const named = keys.map(({ account, expires_at }) => `${account} on ${toDay(expires_at)}`)
  const text = `${keys.length} key(s) expire within ${warnDays} days: ${nameSome(named)}.`
  return createFinding(
    'access.keys',
    'warn',
    text,
    'Agree on a new key with the sender, then docketdrop key rotate.',
  )
}

async function examineLocks(db: Db): Promise<Finding> {
  const locked = await listLockedAccounts(db)
  if (locked.length === 0) return createFinding('access.locks', 'ok', 'No account is locked.')
  const text = `${locked.length} account(s) are locked after failed passwords: ${nameSome(locked)}.`
  return createFinding('access.locks', 'warn', text, 'They open again by themselves after a while.')
}

/** Who cannot come in now, or soon. */
export async function examineAccess(db: Db): Promise<Finding[]> {
  return [
    await examineBans(db),
    await examineMaintenance(db),
    await examineExpiry(db),
    await examineLocks(db),
  ]
}
