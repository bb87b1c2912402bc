import { createApp } from '../app.ts'
import { isPresent } from '../db/index.ts'
import type { ImportProgress } from '../import/index.ts'
import type { OpenHome } from './open-home.ts'

/** Runs `work` while somebody imports and plans: the running server, or else this process itself. */
export async function withWorker<Result>(
  home: OpenHome,
  work: () => Promise<Result>,
  onProgress?: (progress: ImportProgress) => void,
): Promise<Result> {
  if (await isPresent(home.db, 'worker')) return work()
  const app = await createApp({
    config: home.config,
    database: home.database,
    log: home.log,
    roles: ['worker'],
    hasTelemetry: false,
    ...(onProgress === undefined ? {} : { onProgress }),
  })
  try {
    await app.start()
    return await work()
  } finally {
    await app.stop()
  }
}
