import { toError } from '../errors/index.ts'
import { attemptDatabase } from './attempt-database.ts'
import type { InboxContext } from './inbox-context.ts'
import { findMendedUpload } from './rejects-origin.ts'
import { saveAllReceived } from './upload-store.ts'
import type { NewUpload, ReceivedState, ReceivedUpload } from './upload-store.ts'

/** How the receiving of a file ended, as its row is to tell it. */
export type ReceivedEnd = Omit<ReceivedState, 'rejectsOf'>

/**
 * Rows of files that were acknowledged a moment ago. The journal has them already, durably; the rows follow together, because a
 * statement for each of many small files costs more than receiving them does.
 */
export interface ReceivedRows {
  /**
   * Saves the row soon after `ready`, in the order of the calls; the journal must be durable before. Settles when it is saved, or
   * left to the reconciler because the database is away. Rejects with what `ready` rejects with, and when the database refuses the row.
   */
  add(row: NewUpload, end: ReceivedEnd, ready: Promise<void>): Promise<void>
  /** Saves what waits at once. Settles when everything added before has settled. Never throws. */
  flush(): Promise<void>
  isWaiting(uploadId: string): boolean
}

interface Waiting {
  readonly row: NewUpload
  readonly end: ReceivedEnd
  /** What kept it from its place; undefined when it stands there. */
  readonly ready: Promise<Error | undefined>
  readonly settle: (failure: Error | undefined) => void
}

/** How long a row may wait for others, in milliseconds. */
const gatherMs = 20
/** Rows of one statement. */
const mostRows = 200

/** Makes the waiting room of rows. One statement runs at a time, so that uploads keep their order. */
export function createReceivedRows(
  context: Pick<InboxContext, 'db' | 'log' | 'noteBehind'>,
): ReceivedRows {
  const { db } = context
  const waiting: Waiting[] = []
  /** What has not settled, by its upload. */
  const unsettled = new Map<string, Promise<unknown>>()
  let saving: Promise<void> | undefined
  let timer: NodeJS.Timeout | undefined

  async function toReceived({ row, end }: Waiting): Promise<ReceivedUpload> {
    return {
      row,
      end: { ...end, rejectsOf: await findMendedUpload(db, row.agencyId, row.fileName) },
    }
  }

  function settle({ row, settle }: Waiting, failure?: Error): void {
    unsettled.delete(row.uploadId)
    settle(failure)
  }

  /** Saves all of them, or each by itself where that fails: one that is refused must not keep the others back. */
  async function save(batch: readonly Waiting[]): Promise<void> {
    try {
      const saved = await attemptDatabase(context, async () =>
        saveAllReceived(db, await Promise.all(batch.map(toReceived))),
      )
      if (saved === undefined) context.noteBehind()
      for (const one of batch) settle(one)
    } catch (error) {
      const [only, ...others] = batch
      if (only !== undefined && others.length === 0) settle(only, toError(error))
      else for (const one of batch) await save([one])
    }
  }

  async function saveWaiting(): Promise<void> {
    clearTimeout(timer)
    timer = undefined
    while (waiting.length > 0) {
      const standing: Waiting[] = []
      for (const one of waiting.splice(0, mostRows)) {
        const failure = await one.ready
        if (failure === undefined) standing.push(one)
        else settle(one, failure)
      }
      if (standing.length > 0) await save(standing)
    }
    saving = undefined
  }

  return {
    add(row, end, ready) {
      const placed = ready.then(() => undefined, toError)
      const added = new Promise<void>((resolve, reject) => {
        waiting.push({
          row,
          end,
          ready: placed,
          settle: (failure) => (failure === undefined ? resolve() : reject(failure)),
        })
      })
      unsettled.set(
        row.uploadId,
        added.catch(() => undefined),
      )
      if (saving === undefined)
        timer ??= setTimeout(() => {
          saving ??= saveWaiting()
        }, gatherMs)
      return added
    },
    async flush() {
      // Not for what is added meanwhile: with busy senders that would never end.
      const before = [...unsettled.values()]
      if (waiting.length > 0) saving ??= saveWaiting()
      await Promise.all(before)
    },
    isWaiting: (uploadId) => unsettled.has(uploadId),
  }
}
