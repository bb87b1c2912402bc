import type { NoteAudit } from '../audit/index.ts'
import type { Config } from '../config/index.ts'
import type { Db } from '../db/index.ts'
import type { Logger } from '../log/index.ts'
import { createAddressBook } from './address-book.ts'
import type { NewBan } from './address-book.ts'
import { createDescriptorWatch, readDescriptorParts } from './descriptors.ts'
import { createFollower } from './follow-database.ts'
import { createGate } from './gate.ts'
import type { Gate } from './gate.ts'
import { followMs } from './limits.ts'
import type { Maintenance } from './maintenance-store.ts'
import { createSampledLog } from './sampled-log.ts'
import type { Tally } from './tally.ts'

export interface GuardParts {
  readonly settings: Config['sftp']
  /** Where bans, good sign-ins and maintenance are kept; without it they are known to this server alone, until it stops. */
  readonly db: Db | undefined
  readonly tally: Tally
  readonly note: NoteAudit
  /** A connection from this network is gone that never began to speak SSH. */
  readonly onSilent?: ((network: string) => void) | undefined
  readonly log: Logger
}

/** The gate with its memory. */
export interface Guard {
  readonly gate: Gate
  /** Reads what is known of addresses, and follows the database from then on. */
  start(): Promise<void>
  /** Saves what is known. Idempotent. */
  stop(): Promise<void>
  /** Addresses banned at this moment, as far as this server knows. */
  countBans(): number
  /** Undefined when there is none. */
  maintenance(): Maintenance | undefined
}

/** Builds the gate, what it remembers of addresses, and what carries that to the database and back. */
export function createGuard({ settings, db, tally, note, onSilent, log }: GuardParts): Guard {
  const say = createSampledLog(log, Date.now)

  function tellBan({ network, until, reason, number }: NewBan): void {
    say('Address banned', { network, until, reason, number })
    const detail = { until: until.toISOString(), reason, number }
    note({ agencyId: null, actor: 'sftp', action: 'ban.begin', subject: network, detail })
  }

  const book = createAddressBook({ banMinutes: settings.banMinutes, now: Date.now, onBan: tellBan })
  const follower =
    db === undefined ? undefined : createFollower({ db, book, log, everyMs: followMs })
  const gate = createGate({
    settings,
    book,
    tally,
    log,
    hasSpareDescriptors: createDescriptorWatch({ ...readDescriptorParts(), now: Date.now }),
    onSilent,
    now: Date.now,
    random: Math.random,
  })
  return {
    gate,
    start: async () => follower?.start(),
    stop: async () => follower?.stop(),
    countBans: book.countBans,
    maintenance: () => follower?.maintenance(),
  }
}
