import type { Account, Login } from '../agencies/index.ts'
import type { NoteAudit } from '../audit/index.ts'
import type { IdleReason } from './idle-watch.ts'
import { toSourceNetwork } from './source-network.ts'
import type { RefusedTry, StrangerNotes } from './stranger-notes.ts'
import type { Tally } from './tally.ts'

/** Why a session ended; `client`: the other side went, or its line broke. */
export type SessionEnd =
  | 'client'
  | IdleReason
  | 'too-many-connections'
  | 'access-withdrawn'
  | 'server-stopped'
  | 'maintenance'

/** How a session was opened: facts for the audit, no secrets. */
export interface SignInFacts {
  /** `publickey`, `certificate`, `password` … */
  readonly method: string
  /** `SHA256:…` of the key; null for a password. */
  readonly keyFingerprint: string | null
  readonly kex?: string | undefined
  readonly cipher?: string | undefined
}

/** Tells audit and metrics of one connection: its sign-in, its end, or that there was no sign-in. */
export interface SessionNotes {
  /** A try to sign in failed; the account only where there is one of that name. */
  refused(reason: string, account: Pick<Account, 'account' | 'agencyId'> | undefined): void
  opened(login: Login, facts: SignInFacts): void
  /** Why the connection is about to end; the first reason counts. */
  ends(reason: SessionEnd): void
  /** The connection is gone. */
  ended(): void
}

export interface SessionNotesParts {
  readonly note: NoteAudit
  readonly tally: Tally
  readonly strangers: StrangerNotes
  readonly sessionId: string
  readonly address: string
}

/** Makes the notes of one connection. Without a sign-in it is only counted among the strangers. */
export function createSessionNotes(parts: SessionNotesParts): SessionNotes {
  const { note, tally, strangers, sessionId, address } = parts
  const tries: RefusedTry[] = []
  let opened: { agencyId: number; actor: string; at: number } | undefined
  let end: SessionEnd | undefined

  return {
    refused(reason, account) {
      tally.refusedSignIns.add(reason)
      tries.push({ reason, account: account?.account, agencyId: account?.agencyId })
    },
    opened({ account }, { method, keyFingerprint, kex, cipher }) {
      tally.signIns.add(method)
      const { agencyId, account: actor } = account
      opened = { agencyId, actor, at: performance.now() }
      note({
        agencyId,
        actor,
        action: 'session.opened',
        subject: sessionId,
        detail: { address, method, keyFingerprint, kex, cipher, refusedTries: tries.length },
      })
    },
    ends(reason) {
      end ??= reason
    },
    ended() {
      if (opened === undefined) {
        strangers.left(toSourceNetwork(address) ?? 'unknown', tries)
        return
      }
      const { agencyId, actor, at } = opened
      const seconds = Math.round((performance.now() - at) / 1000)
      const detail = { address, seconds, reason: end ?? 'client' }
      note({ agencyId, actor, action: 'session.ended', subject: sessionId, detail })
      opened = undefined
    },
  }
}
