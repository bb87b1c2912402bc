/** Sums by a small, fixed set of names, such as the codes of the catalogue. */
export interface Counts {
  add(name: string, by?: number): void
  read(): Readonly<Record<string, number>>
}

/** What one server has counted since its start; figures for metrics, nothing that anybody decides by. */
export interface Tally {
  /** Connections that came, whatever became of them. */
  connections: number
  /** Bytes of WRITE requests that were taken. */
  receivedBytes: number
  /** Bytes of files that were read. */
  sentBytes: number
  /** Bytes of WRITE requests that are not on their way to the disk yet. */
  outstandingBytes: number
  readonly signIns: Counts
  /** Tries to sign in that failed, by reason. */
  readonly refusedSignIns: Counts
  /** Connections that were not let in, or were cut before a sign-in, by reason. */
  readonly refusedConnections: Counts
  /** SFTP requests that were refused, by code of the catalogue. */
  readonly refusedRequests: Counts
}

function createCounts(): Counts {
  const counts = new Map<string, number>()
  return {
    add: (name, by = 1) => void counts.set(name, (counts.get(name) ?? 0) + by),
    read: () => Object.fromEntries(counts),
  }
}

/** A tally that starts at nothing. */
export function createTally(): Tally {
  return {
    connections: 0,
    receivedBytes: 0,
    sentBytes: 0,
    outstandingBytes: 0,
    signIns: createCounts(),
    refusedSignIns: createCounts(),
    refusedConnections: createCounts(),
    refusedRequests: createCounts(),
  }
}
