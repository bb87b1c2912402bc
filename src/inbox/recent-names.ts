import type { Db } from '../db/index.ts'
import { listNamesOfAgency } from './ghost-store.ts'

/** Names in the inboxes behind which a ghost may stand, so that a name that never was one costs no question. */
export interface RecentNames {
  /** A file was received, or found, under this path below inbox/. */
  note(agencyId: number, path: string): void
  /** True when it is known at once that there is no ghost at this path. */
  isNoGhost(agencyId: number, path: string): boolean
  /** False only when there can be no ghost at this path. */
  mayBeGhost(agencyId: number, path: string): Promise<boolean>
  /** Names of this agency have changed in a way that is read from the database again. */
  forget(agencyId: number): void
  /** Whether other processes receive files too, whose names are not known here. */
  setCompany(hasCompany: boolean): void
}

/** Far more than an agency sends in the quarter of an hour that ghosts live. */
const mostNames = 50_000

/**
 * Remembers the names that this process has received. Clients ask for each name before they send it: without this, the
 * database would be asked for every file that is sent.
 */
export function createRecentNames(db: Db): RecentNames {
  const agencies = new Map<number, Promise<Set<string>>>()
  /** Those of `agencies` that have been read. */
  const read = new Map<number, Set<string>>()
  let isShared = true

  function namesOf(agencyId: number): Promise<Set<string>> {
    const known = agencies.get(agencyId)
    if (known !== undefined) return known
    const loading = listNamesOfAgency(db, agencyId, mostNames).then((paths) => new Set(paths))
    agencies.set(agencyId, loading)
    loading.then(
      (names) => {
        if (agencies.get(agencyId) === loading) read.set(agencyId, names)
      },
      () => agencies.delete(agencyId),
    )
    return loading
  }

  function add(names: Set<string>, path: string): void {
    names.delete(path)
    names.add(path)
    if (names.size <= mostNames) return
    const [oldest] = names
    if (oldest !== undefined) names.delete(oldest)
  }

  return {
    note(agencyId, path) {
      // an agency that was never asked for is read from the database when it is
      void agencies
        .get(agencyId)
        ?.then((names) => add(names, path))
        .catch(() => undefined)
    },
    isNoGhost: (agencyId, path) => !isShared && read.get(agencyId)?.has(path) === false,
    async mayBeGhost(agencyId, path) {
      if (isShared) return true
      return (await namesOf(agencyId)).has(path)
    },
    forget(agencyId) {
      agencies.delete(agencyId)
      read.delete(agencyId)
    },
    setCompany(hasCompany) {
      // what others received meanwhile has to be read anew
      if (isShared && !hasCompany) {
        agencies.clear()
        read.clear()
      }
      isShared = hasCompany
    },
  }
}
