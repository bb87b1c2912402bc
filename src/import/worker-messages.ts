import type { Claim, InboxParts, Outcome } from '../inbox/index.ts'
import type { CarriedError } from './carry-error.ts'

/** What a worker needs to know once, before its first file. */
export interface WorkerSettings {
  readonly databaseUrl: string
  /** Absolute path of the home folder. */
  readonly home: string
  /** Absolute path of the folder with the secret key; without it packed and encrypted files are refused. */
  readonly keysFolder?: string | undefined
  readonly inbox: InboxParts['settings']
  /** UUID of the server that claims the uploads. */
  readonly nodeId: string
  /** A worker that takes more memory than this gives up, in bytes of resident memory. */
  readonly mostBytes: number
}

/** A worker that has more memory than `mostBytes` ends with this code. */
export const memoryExitCode = 86

/** From the server to a worker. One `run` at a time. */
export type ToWorker =
  | { readonly kind: 'open'; readonly settings: WorkerSettings }
  | { readonly kind: 'run'; readonly claim: Claim }
  /** Ends the running import before its next batch of rows. */
  | { readonly kind: 'abort'; readonly reason: CarriedError }
  | { readonly kind: 'close' }

/** From a worker to the server. */
export type FromWorker =
  | { readonly kind: 'done'; readonly outcome: Outcome }
  | { readonly kind: 'failed'; readonly error: CarriedError }
  | { readonly kind: 'progress'; readonly uploadId: string; readonly rows: number }
  | {
      readonly kind: 'log'
      readonly level: 'error' | 'warn' | 'info' | 'debug'
      readonly text: string
      readonly fields: Readonly<Record<string, unknown>>
      /** What stood under `err`. */
      readonly error: CarriedError | undefined
    }
