import pg from 'pg'
import type { Logger } from '../log/index.ts'
import { toClientConfig } from './connect.ts'
import type { Queryable } from './connect.ts'

/** Doorbells between processes; the row behind one is the truth, so a lost ring costs only a polling interval. */
export type Channel =
  | 'docketdrop_received'
  | 'docketdrop_queued'
  | 'docketdrop_plan'
  | 'docketdrop_due'
  | 'docketdrop_done'
  | 'docketdrop_alert'

export interface Bell {
  /** Calls back on every ring, with its payload. Returns a function that takes the listener off. */
  on(channel: Channel, ring: (payload: string) => void): () => void
  close(): Promise<void>
}

/** Rings a bell; inside a transaction it sounds at commit. */
export async function ring(db: Queryable, channel: Channel, payload = ''): Promise<void> {
  await db.raw('select pg_notify(?, ?)', [channel, payload])
}

const channels: readonly Channel[] = [
  'docketdrop_received',
  'docketdrop_queued',
  'docketdrop_plan',
  'docketdrop_due',
  'docketdrop_done',
  'docketdrop_alert',
]

/**
 * Opens one connection that LISTENs to all channels and opens it again whenever it is lost.
 * Every listener is rung once after a reconnect, since rings may have been missed.
 */
export async function openBell(url: string, log: Logger): Promise<Bell> {
  const listeners = new Map<Channel, Set<(payload: string) => void>>(
    channels.map((name) => [name, new Set()]),
  )
  let client: pg.Client | undefined
  let isClosed = false
  let timer: NodeJS.Timeout | undefined

  const sound = (channel: Channel, payload: string) => {
    for (const listener of listeners.get(channel) ?? []) listener(payload)
  }

  async function open(): Promise<void> {
    const next = new pg.Client(toClientConfig(url, 'docketdrop bell'))
    next.on('error', (error) => {
      if (client === next) lost(error)
    })
    next.on('end', () => {
      if (client === next) lost(new Error('connection ended'))
    })
    next.on('notification', ({ channel, payload }) => sound(channel as Channel, payload ?? ''))
    await next.connect()
    for (const channel of channels) await next.query(`listen ${channel}`)
    client = next
  }

  function lost(error: Error): void {
    client = undefined
    if (isClosed) return
    log.warn('bell lost', { err: error })
    retry()
  }

  function retry(): void {
    timer = setTimeout(() => {
      open().then(
        () => {
          if (isClosed) void client?.end()
          else for (const channel of channels) sound(channel, '')
        },
        () => {
          if (!isClosed) retry()
        },
      )
    }, 1000)
  }

  await open()
  return {
    on(channel, listener) {
      listeners.get(channel)?.add(listener)
      return () => void listeners.get(channel)?.delete(listener)
    },
    async close() {
      isClosed = true
      clearTimeout(timer)
      const last = client
      client = undefined
      await last?.end()
    },
  }
}
