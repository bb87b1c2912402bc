import { randomUUID } from 'node:crypto'
import { setTimeout as wait } from 'node:timers/promises'
import type { Connection, NegotiatedAlgorithms, ServerChannel } from 'ssh2'
import type { AccountKey, Agencies, Login } from '../agencies/index.ts'
import type { NoteAudit } from '../audit/index.ts'
import type { Inbox } from '../inbox/index.ts'
import type { Logger } from '../log/index.ts'
import { createAccess } from './access.ts'
import type { Access } from './access.ts'
import { createHandles } from './handles.ts'
import type { Allowance, Handles } from './handles.ts'
import { farewellMs, maxChannelsPerConnection, maxHandlesPerSession } from './limits.ts'
import type { Arrival } from './listener.ts'
import { toPlainAddress } from './networks.ts'
import { createSftpChannel } from './sftp-channel.ts'
import type { SftpChannel } from './sftp-channel.ts'
import { watchSignIn } from './sign-in.ts'
import type { Visitor } from './visitor.ts'

export interface SessionParts {
  readonly client: Connection
  readonly arrival: Arrival
  readonly agencies: Pick<Agencies, 'findLogin' | 'markKeyUsed'>
  readonly inbox: Pick<Inbox, 'layout' | 'receiving' | 'uploads'>
  /** A session without an open file ends after this silence, in milliseconds. */
  readonly idleMs: number
  readonly isDraining: () => boolean
  readonly note: NoteAudit
  readonly log: Logger
}

/** One SSH connection, from its first line to its end. */
export interface Session {
  /** What it may do; undefined until the client has signed in. */
  readonly access: () => Access | undefined
  /** Whether a file is open for writing. */
  readonly isReceiving: () => boolean
  /** Ends the connection because the server stops; open uploads become partial with SERVER_STOPPED. Idempotent. */
  end(): Promise<void>
  /** Settles when the connection is closed and everything it held is put away. */
  readonly ended: Promise<void>
}

/** Watches over one connection. Never throws; whatever goes wrong ends this connection only. */
export function createSession(parts: SessionParts): Session {
  const { client, arrival, agencies, inbox, isDraining } = parts
  const { socket } = arrival
  const sessionId = randomUUID()
  const address = toPlainAddress(socket.remoteAddress ?? '')
  const allowance: Allowance = { used: 0, most: maxHandlesPerSession }
  const channels = new Map<SftpChannel, Handles>()
  let log = parts.log.child({ sessionId, remoteAddress: address })
  let login: Login | undefined
  let access: Access | undefined
  let negotiated: NegotiatedAlgorithms | undefined
  let openChannels = 0
  let idle: NodeJS.Timeout | undefined

  function endIdle(): void {
    if (allowance.used > 0) {
      idle?.refresh()
      return
    }
    log.info('Session ended: idle')
    void end('CONNECTION_LOST')
  }

  function openChannel(channel: ServerChannel, { agency, account }: Login, held: Access): void {
    const handles = createHandles(allowance)
    const sender = { agency, account: account.account, source: 'sftp', sessionId } as const
    const visitor: Visitor = {
      sender,
      get account() {
        return held.account()
      },
      handles,
      inbox,
      isDraining,
      assertAccess: () => held.assertHolds(),
      note: parts.note,
      log,
    }
    const opened = createSftpChannel({
      channel,
      socket,
      visitor,
      onActivity: () => idle?.refresh(),
    })
    channels.set(opened, handles)
    channel.once('close', () => void opened.disconnect().then(() => channels.delete(opened)))
  }

  function welcome(accepted: Login, key: AccountKey): void {
    login = accepted
    arrival.admit()
    idle = setTimeout(endIdle, parts.idleMs)
    const { agencyId, account } = accepted.account
    log = log.child({ agencyId, account })
    access = createAccess({
      agencies,
      login: accepted,
      key,
      address,
      log,
      onLost: () => void end('CONNECTION_LOST'),
    })
    log.info('Session opened', {
      keyFingerprint: key.fingerprint,
      kex: negotiated?.kex,
      cipher: negotiated?.cs.cipher,
    })
  }

  client.on('error', (err: Error) => log.debug('SSH connection failed', { err }))
  client.once('handshake', (algorithms) => {
    negotiated = algorithms
  })
  watchSignIn({ client, address, agencies, log, onAccepted: welcome })

  client.on('session', (accept, reject) => {
    if (openChannels >= maxChannelsPerConnection) {
      log.info('Channel refused: too many', { openChannels })
      reject()
      return
    }
    openChannels += 1
    let isTaken = false
    const session = accept()
    session.on('error', (err: Error) => log.debug('SSH channel failed', { err }))
    session.once('close', () => {
      openChannels -= 1
    })
    // No listener for "sftp": ssh2 would bring its own server, which can neither hold clients back nor announce extensions.
    session.on('subsystem', (takeChannel, refuseChannel, { name }) => {
      if (name !== 'sftp' || isTaken || login === undefined || access === undefined) {
        // ssh2 gives no function when the client wants no answer.
        ;(refuseChannel as (() => void) | undefined)?.()
        return
      }
      isTaken = true
      // At once: data that arrives before the channel is taken would be dropped.
      openChannel(takeChannel(), login, access)
    })
  })

  async function putAway(): Promise<void> {
    clearTimeout(idle)
    await Promise.all([...channels.keys()].map((channel) => channel.disconnect()))
    if (login === undefined) return
    try {
      await inbox.receiving.endSession(sessionId)
    } catch (err) {
      log.error('End of the session not noted', { err })
    }
    log.info('Session ended')
  }

  const ended = new Promise<void>((resolve) => {
    client.once('close', () => void putAway().then(resolve))
  })

  async function end(reason: 'CONNECTION_LOST' | 'SERVER_STOPPED'): Promise<void> {
    await Promise.all([...channels.keys()].map((channel) => channel.abort(reason)))
    client.end()
    await Promise.race([ended, wait(farewellMs, undefined, { ref: false })])
    socket.destroy()
    await ended
  }

  return {
    access: () => access,
    isReceiving: () =>
      [...channels.values()].some((handles) =>
        handles.list().some(({ kind }) => kind === 'incoming'),
      ),
    end: () => end('SERVER_STOPPED'),
    ended,
  }
}
