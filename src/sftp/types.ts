import type { HostKeyState } from './host-key-files.ts'
import type { Maintenance } from './maintenance-store.ts'

export interface SftpServer {
  /** Listens; returns the port that was really taken. @throws UnavailableError PORT_TAKEN */
  start(): Promise<number>
  /** Takes no new connections, lets open transfers finish within the grace, then ends every session. Idempotent. */
  stop(graceMs: number): Promise<void>
  /** For readiness and drain. */
  countSessions(): number
  /** Ports that are listened on, the main one first; empty before the start. */
  ports(): readonly number[]
  /** What senders are told at this moment because of maintenance; undefined when there is none. Never asks the database. */
  maintenance(): Maintenance | undefined
  /** For metrics. */
  figures(): SftpFigures
}

/** What the server holds now, and what it has counted since its start. */
export interface SftpFigures {
  /** Open connections, signed in or not. */
  readonly connections: number
  readonly unauthenticated: number
  /** Addresses that are banned. */
  readonly bans: number
  /** Connections that are signed in. */
  readonly sessions: number
  /** Files and folders that clients hold open. */
  readonly openHandles: number
  /** Bytes of WRITE requests that are not on disk yet. */
  readonly outstandingBytes: number
  /** Since the start, as everything below: connections that came. */
  readonly connectionsTotal: number
  readonly receivedBytesTotal: number
  readonly sentBytesTotal: number
  /** Connections that signed in, by method. */
  readonly signInsTotal: Readonly<Record<string, number>>
  /** Tries that failed, by reason. */
  readonly refusedSignInsTotal: Readonly<Record<string, number>>
  /** Connections turned away before a sign-in, by reason. */
  readonly refusedConnectionsTotal: Readonly<Record<string, number>>
  /** Requests answered with a refusal, by code of the catalogue. */
  readonly refusedRequestsTotal: Readonly<Record<string, number>>
}

/** A host key as clients see it. */
export interface HostKey {
  readonly type: string
  /** `SHA256:…` */
  readonly fingerprint: string
  readonly path: string
  /** `next` is announced to clients and takes over on its day; `retired` was replaced, and its file can be removed. */
  readonly state: HostKeyState
  /** From when on it stands for this server; null for the first key of its type. */
  readonly activeFrom: Date | null
}
