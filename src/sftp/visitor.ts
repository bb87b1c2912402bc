import type { Account } from '../agencies/index.ts'
import type { NoteAudit } from '../audit/index.ts'
import type { Inbox, Sender } from '../inbox/index.ts'
import type { Logger } from '../log/index.ts'
import type { Handles } from './handles.ts'
import type { PacketPool } from './packet-pool.ts'
import type { Tally } from './tally.ts'

/** Who sits at the other end of a channel, and what operations may use on their behalf. */
export interface Visitor {
  readonly sender: Sender
  /** As it was last seen: its rights can change during a session. */
  readonly account: Account
  readonly handles: Handles
  /** Buffers for large replies, shared by all channels of the server; what is sent goes back there. */
  readonly packets: PacketPool
  readonly inbox: Pick<Inbox, 'layout' | 'receiving' | 'uploads' | 'ghosts'>
  /** The server is stopping: nothing new may be opened for writing. */
  readonly isDraining: () => boolean
  /** Call it before something is opened for writing. @throws UnavailableError MAINTENANCE, with the text that the operator has set */
  readonly assertNoMaintenance: () => void
  /** Call it before something is opened, renamed or removed. @throws AccessError ACCOUNT_NOT_FOUND when account or key were switched off meanwhile */
  readonly assertAccess: () => Promise<void>
  readonly note: NoteAudit
  readonly tally: Tally
  readonly log: Logger
}
