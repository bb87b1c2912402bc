import { setTimeout as sleep } from 'node:timers/promises'
import type { Db } from '../db/index.ts'
import type { Logger } from '../log/index.ts'
import { removeNode } from './touch-store.ts'
import { beat } from './upload-store.ts'

/** Milliseconds between two signs of life of a process; after 15 s without one it is taken for dead. */
export const beatMs = 2_000

const patienceMs = 1_000

/** Signs of life of a process whose background work is not started, as that of a command. */
export interface KeepAlive {
  /** Beats from now on, for as long as there is reason to; the first beat is done when it returns, unless the database is slow. Idempotent. Never throws. */
  begin(): Promise<void>
  /** Signs off if there is no reason to beat any more. Never throws. */
  end(): Promise<void>
}

/**
 * Without it a server beside a command would take the command for dead while it still receives.
 *
 * @param parts.isNeeded - whether a file is open; @param parts.isStaying - whether the node is needed besides
 */
export function createKeepAlive(parts: {
  readonly db: Db
  readonly log: Logger
  readonly nodeId: string
  readonly isNeeded: () => boolean
  /** The background work beats by itself. */
  readonly isBeating: () => boolean
  readonly isStaying: () => boolean
}): KeepAlive {
  const { db, log, nodeId } = parts
  let timer: NodeJS.Timeout | undefined
  let beating: Promise<unknown> = Promise.resolve()

  const warn = (text: string) => (error: unknown) => log.warn(text, { err: error })

  async function end(): Promise<void> {
    if (timer === undefined || parts.isNeeded()) return
    clearInterval(timer)
    timer = undefined
    await beating
    if (!parts.isStaying()) await removeNode(db, nodeId).catch(warn('node not signed off'))
  }

  return {
    async begin() {
      if (parts.isBeating()) return
      const isFirst = timer === undefined
      timer ??= setInterval(() => {
        if (parts.isNeeded()) beating = beat(db, nodeId).catch(warn('no sign of life written'))
        else void end()
      }, beatMs).unref()
      if (isFirst) beating = beat(db, nodeId).catch(warn('no sign of life written'))
      await Promise.race([beating, sleep(patienceMs, undefined, { ref: false })])
    },
    end,
  }
}
