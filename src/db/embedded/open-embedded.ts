import type { Config } from '../../config/index.ts'
import type { Logger } from '../../log/index.ts'

export interface EmbeddedOptions {
  /** `DOCKETDROP_HOME`, absolute. The cluster lies in `<home>/postgres` unless that cannot be entered. */
  readonly home: string
  readonly settings: Config['postgres']
  readonly log: Logger
  /** False: a missing home is `HOME_MISSING`. */
  readonly mayCreate: boolean
}

export interface EmbeddedServer {
  readonly url: string
  /** Leaves; stops the server when nobody else is using it. Idempotent. */
  release(): Promise<void>
}

export async function openEmbedded(options: EmbeddedOptions): Promise<EmbeddedServer> {
  await Promise.reject(new Error(`not built yet: ${options.home}`))
  throw new Error()
}
