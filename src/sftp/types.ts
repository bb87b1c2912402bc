export interface SftpServer {
  /** Listens; returns the port that was really taken. @throws UnavailableError PORT_TAKEN */
  start(): Promise<number>
  /** Takes no new connections, lets open transfers finish within the grace, then ends every session. Idempotent. */
  stop(graceMs: number): Promise<void>
  /** For readiness and drain. */
  countSessions(): number
}

/** A host key as clients see it. */
export interface HostKey {
  readonly type: string
  /** `SHA256:…` */
  readonly fingerprint: string
  readonly path: string
}
