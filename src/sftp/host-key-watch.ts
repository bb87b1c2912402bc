import type { Logger } from '../log/index.ts'
import { listHostKeyFiles } from './host-key-files.ts'
import { openHostKeys } from './host-keys.ts'
import type { PrivateHostKey } from './host-keys.ts'
import type { HostKeyType } from './profiles.ts'

export interface HostKeyWatchParts {
  readonly folder: string
  /** Kinds of key that are made if there are none. */
  readonly needed: readonly HostKeyType[]
  readonly everyMs: number
  readonly now: () => Date
  readonly log: Logger
  /** Called at the start and whenever the keys, or what stands for each of them, have changed. */
  readonly onKeys: (keys: readonly PrivateHostKey[]) => void
}

/** Follows the host keys: successors are made by another process, and take over on their day. */
export interface HostKeyWatch {
  /** Opens the keys. @throws ConfigError HOST_KEY_UNSAFE */
  start(): Promise<void>
  /** Idempotent. */
  stop(): void
}

export function createHostKeyWatch(parts: HostKeyWatchParts): HostKeyWatch {
  const { folder, needed, now, log, onKeys } = parts
  let seen = ''
  let timer: NodeJS.Timeout | undefined

  async function look(): Promise<void> {
    const files = await listHostKeyFiles(folder, now())
    const sight = files.map(({ path, state }) => `${path} ${state}`).join('\n')
    if (sight === seen) return
    onKeys(await openHostKeys(folder, needed, now()))
    seen = sight
    log.info('Host keys changed', { keys: files.length })
  }

  return {
    async start() {
      onKeys(await openHostKeys(folder, needed, now()))
      const files = await listHostKeyFiles(folder, now())
      seen = files.map(({ path, state }) => `${path} ${state}`).join('\n')
      timer = setInterval(() => {
        look().catch((err: unknown) =>
          log.error('Host keys not read anew; the old ones stay in use', { err }),
        )
      }, parts.everyMs)
      timer.unref()
    },
    stop() {
      clearInterval(timer)
    },
  }
}
