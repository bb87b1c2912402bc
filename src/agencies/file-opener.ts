import { join } from 'node:path'
import { createSecretBox } from '../config/index.ts'
import type { Db } from '../db/index.ts'
import { openContainer, sweepOpened } from '../formats/index.ts'
import type { OpenedFile, OpenSent } from '../formats/index.ts'
import { createPgpKeys } from './pgp-keys.ts'

/** Opens what agencies send packed or encrypted, with their own keys. */
export interface FileOpener {
  /**
   * The content of a file as readers need it; to be closed. A file that is no container is given back as it is.
   *
   * @throws {FileError} as `openContainer` @throws {ConfigError} SECRET_KEY_WRONG
   */
  open(agencyId: number, path: string, fileName: string): Promise<OpenedFile>
  /** The same for one agency. */
  forAgency(agencyId: number): OpenSent
  /** Removes what died processes have left opened; done before the first `open` at the latest. How many files. */
  sweep(): Promise<number>
}

/** Content is kept in `<home>/opened` as long as it is read. Nothing is read or made before the first call. */
export function createFileOpener(parts: {
  readonly db: Db
  /** Absolute paths. */
  readonly home: string
  readonly keysFolder: string
}): FileOpener {
  const folder = join(parts.home, 'opened')
  const pgpKeys = createPgpKeys({ db: parts.db, secretBox: createSecretBox(parts.keysFolder) })
  let sweeping: Promise<number> | undefined
  const sweepOnce = () => (sweeping ??= sweepOpened(folder))

  async function open(agencyId: number, path: string, fileName: string): Promise<OpenedFile> {
    await sweepOnce()
    return openContainer(path, fileName, { folder, keys: () => pgpKeys.getKeyring(agencyId) })
  }

  return {
    open,
    forAgency: (agencyId) => (path, fileName) => open(agencyId, path, fileName),
    sweep: sweepOnce,
  }
}
