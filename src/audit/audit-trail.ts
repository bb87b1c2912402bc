import { setTimeout as wait } from 'node:timers/promises'
import { inTransaction, isUnreachable } from '../db/index.ts'
import type { Db } from '../db/index.ts'
import { toError } from '../errors/index.ts'
import type { Logger } from '../log/index.ts'
import { appendEntries, installation, toStoredEntry } from './append-store.ts'
import { createNoteBuffer } from './note-buffer.ts'
import type { WaitingNote } from './note-buffer.ts'
import type { AuditTrail, NewAuditEntry } from './types.ts'

export interface AuditTrailParts {
  readonly db: Db
  readonly log: Logger
  /** Notes that may wait; what comes on top is counted and left out. 20,000 unless given. */
  readonly mostWaiting?: number | undefined
  /** Monotonic clock, milliseconds. */
  readonly now?: (() => number) | undefined
}

/** Longest wait of a note for its batch, in milliseconds. */
const batchMs = 250
/** From here on a batch is worth writing at once. */
const fullBatch = 1000
const longestPauseMs = 5000
/** A database that is away must not keep the process from ending. */
const farewellMs = 10_000

/**
 * Writes down acts that have no transaction of their own, in batches per chain. Nobody waits for it: while the database is away
 * the notes are kept and tried again; more of them than fit are counted, and the chain says so in an entry `audit.gap`.
 * Notes that wait while the process dies are lost, so what must not be lost is recorded by `recordAudit`.
 */
export function createAuditTrail(parts: AuditTrailParts): AuditTrail {
  const { db, log } = parts
  const now = parts.now ?? (() => performance.now())
  const buffer = createNoteBuffer(parts.mostWaiting ?? 20_000)
  let timer: NodeJS.Timeout | undefined
  let writing: Promise<void> | undefined
  let failures = 0
  let written = 0

  function arm(delayMs: number): void {
    timer ??= setTimeout(() => {
      timer = undefined
      void flush()
    }, delayMs).unref()
  }

  async function writeBatch(agencyId: number, batch: readonly WaitingNote[]): Promise<void> {
    try {
      await inTransaction(db, (trx) => {
        const at = now()
        const aged = batch.map(({ entry, notedAt }) => ({ entry, ageMs: at - notedAt }))
        return appendEntries(trx, agencyId, aged)
      })
      written += batch.length
    } catch (error) {
      buffer.giveBack(agencyId, batch)
      throw error
    }
  }

  async function writeChain(agencyId: number): Promise<void> {
    for (;;) {
      const batch = buffer.take(agencyId, fullBatch)
      if (batch.length > 0) await writeBatch(agencyId, batch)
      if (batch.length < fullBatch) return
    }
  }

  /** Tries every chain, whatever happens to the others, as long as there is a database. */
  async function writeAll(): Promise<void> {
    let failure: unknown
    for (const agencyId of buffer.chains()) {
      try {
        await writeChain(agencyId)
      } catch (error) {
        failure = error
        if (isUnreachable(error)) break
      }
    }
    if (failure === undefined) {
      failures = 0
      return
    }
    failures += 1
    if (failures === 1)
      log.warn('audit notes wait', { waiting: buffer.count(), err: toError(failure) })
    arm(Math.min(batchMs * 2 ** failures, longestPauseMs))
  }

  /** One round at a time; whoever asks meanwhile waits for the round after it, which has their notes too. */
  function flush(): Promise<void> {
    if (buffer.count() === 0) return writing ?? Promise.resolve()
    const before = writing ?? Promise.resolve()
    const round: Promise<void> = before.then(writeAll).finally(() => {
      if (writing === round) writing = undefined
    })
    writing = round
    return round
  }

  function keep(entry: NewAuditEntry): void {
    const stored = toStoredEntry(entry)
    const isKept = buffer.add(entry.agencyId ?? installation, stored, now())
    if (!isKept && buffer.dropped() === 1) log.error('audit notes left out', { reason: 'full' })
    if (failures > 0) arm(longestPauseMs)
    else if (buffer.count() >= fullBatch && writing === undefined) void flush()
    else arm(batchMs)
  }

  return {
    note(entry) {
      try {
        keep(entry)
      } catch (error) {
        log.error('audit note cannot be written', { action: entry.action, err: error })
      }
    },
    flush,
    async stop() {
      await Promise.race([flush(), wait(farewellMs, undefined, { ref: false })])
      clearTimeout(timer)
      timer = undefined
      const lost = buffer.count()
      if (lost > 0) log.error('audit notes lost', { lost })
    },
    figures: () => ({ waiting: buffer.count(), written, dropped: buffer.dropped() }),
  }
}
