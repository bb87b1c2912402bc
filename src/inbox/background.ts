import type { Bell } from '../db/index.ts'
import { createEndings } from './close-file.ts'
import { createTask } from './create-task.ts'
import type { Task } from './create-task.ts'
import { examineReceived, quietMs } from './examine.ts'
import type { InboxContext } from './inbox-context.ts'
import { beatMs } from './keep-alive.ts'
import { hasHardLinks } from './probe-home.ts'
import { reconcile } from './reconcile.ts'
import { sweepRetention } from './retention.ts'
import { createScan } from './scan.ts'
import { settleReceived } from './settle.ts'
import { findNextSettle } from './settle-store.ts'
import { removeNode } from './touch-store.ts'
import { beat } from './upload-store.ts'
import { openWatcher } from './watcher.ts'
import type { Watcher } from './watcher.ts'

/** Everything that the inbox does by itself. */
export interface Background {
  start(): Promise<void>
  stop(): Promise<void>
  settleOnce(): Promise<boolean>
  isStarted(): boolean
  /** Something may settle now. Does nothing before `start`. */
  wake(): void
  /** Something was received whose sender is still connected: it can be looked at, but cannot settle yet. */
  wakeSoon(): void
  /** The journal knows more than the database: reconcile soon. */
  noteBehind(): void
  /** Watches an agency from now on, if anything is watched. */
  watch(agency: string): void
  /** A sender of this process begins to write into the agency's inbox. */
  muffle(agency: string): void
}

const behindMs = 2_000
const retentionMs = 3_600_000
/** Events come in swarms; one look serves a swarm. */
const swarmMs = 50
/** Files that come one after another in one session are looked at together. */
const soonMs = 250

/** Builds the background work; the parts of the inbox wake it. */
export function createBackground(context: InboxContext, bell: Bell | undefined): Background {
  const scan = createScan(context)
  const { settings } = context
  const moved = new Set<string>()
  let tasks: { settle: Task; upkeep: Task; adopt: Task; beat: Task; retention: Task } | undefined
  let watcher: Watcher | undefined
  let deafen: (() => void) | undefined
  let isBehind = false
  let waking: NodeJS.Timeout | undefined

  async function settle(): Promise<number> {
    return (await examineReceived(context)) + (await settleReceived(context))
  }

  async function tidy(): Promise<number> {
    isBehind = false
    return context.lock('reconcile', () => reconcile(context))
  }

  async function settleRound(): Promise<number | undefined> {
    await settle()
    const wait = await findNextSettle(context.db, settings.settleMs, quietMs(settings.settleMs))
    return wait === undefined ? undefined : Math.min(Math.max(wait, 20), settings.scanMs)
  }

  async function upkeepRound(): Promise<number> {
    await tidy()
    // Raises the alarm of a full disk also while nobody sends.
    await context.disk.measure()
    await scan.run()
    tasks?.settle.kick()
    tasks?.adopt.kick()
    return isBehind ? behindMs : settings.scanMs
  }

  async function adoptRound(): Promise<number | undefined> {
    if (moved.size > 0) await new Promise((resolve) => setTimeout(resolve, swarmMs))
    const agencies = new Set(moved)
    moved.clear()
    const isDue = scan.nextLook() === 0
    const count = agencies.size > 0 || isDue ? await scan.run(isDue ? undefined : agencies) : 0
    if (count > 0) tasks?.settle.kick()
    const wait = scan.nextLook()
    return wait === undefined ? undefined : Math.max(wait, 20)
  }

  async function retentionRound(): Promise<number> {
    await sweepRetention(context, false)
    return retentionMs
  }

  async function beatRound(): Promise<number> {
    context.recentNames.setCompany((await beat(context.db, context.nodeId)) > 0)
    return beatMs
  }

  const make = (name: string, run: () => Promise<number | undefined>) =>
    createTask({ name, log: context.log, run })

  async function openTasks(): Promise<void> {
    tasks = {
      settle: make('settle', settleRound),
      upkeep: make('upkeep', upkeepRound),
      adopt: make('adopt', adoptRound),
      beat: make('beat', beatRound),
      retention: make('retention', retentionRound),
    }
    const { settle: settling, adopt } = tasks
    tasks.beat.kick()
    const agencies = await context.agencies.list()
    for (const { agency } of agencies) await context.addAgency(agency)
    watcher = await openWatcher(
      context,
      agencies.map(({ agency }) => agency),
      (agency) => {
        moved.add(agency)
        adopt.kick()
      },
    )
    deafen = bell?.on('docketdrop_received', () => settling.kick())
    tasks.upkeep.kick()
    tasks.retention.kick()
  }

  return {
    async start() {
      if (tasks !== undefined) return
      await context.places.prepare()
      if (!(await hasHardLinks(context.places, context.nodeId)))
        context.log.warn('no hard links in the home folder, the spool holds copies')
      await beatRound()
      await tidy()
      await openTasks()
    },
    async stop() {
      const endings = createEndings(context)
      for (const open of [...context.openUploads.values()])
        await endings.abandon(open, 'SERVER_STOPPED')
      await context.receivedRows.flush()
      await context.keepAlive.end()
      if (tasks === undefined) {
        await context.journal.close()
        return
      }
      clearTimeout(waking)
      const ending = tasks
      tasks = undefined
      deafen?.()
      await watcher?.close()
      watcher = undefined
      for (const task of Object.values(ending)) await task.stop()
      await context.journal.close()
      await removeNode(context.db, context.nodeId).catch((error: unknown) => {
        context.log.warn('node not signed off', { err: error })
      })
    },
    async settleOnce() {
      await context.places.prepare()
      await context.receivedRows.flush()
      const counts = [await tidy(), await scan.run(), await settle()]
      return counts.some((count) => count > 0)
    },
    isStarted: () => tasks !== undefined,
    wake: () => tasks?.settle.kick(),
    wakeSoon() {
      waking ??= setTimeout(() => {
        waking = undefined
        tasks?.settle.kick()
      }, soonMs).unref()
    },
    noteBehind() {
      isBehind = true
      setTimeout(() => tasks?.upkeep.kick(), behindMs).unref()
    },
    watch: (agency) => watcher?.add(agency),
    muffle: (agency) => watcher?.muffle(agency),
  }
}
