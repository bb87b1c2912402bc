import { randomUUID } from 'node:crypto'
import { setTimeout as wait } from 'node:timers/promises'
import type { Connection, NegotiatedAlgorithms, ServerChannel } from 'ssh2'
import type { Login } from '../agencies/index.ts'
import type { NoteAudit } from '../audit/index.ts'
import type { Inbox, Sender } from '../inbox/index.ts'
import type { Logger } from '../log/index.ts'
import { createAccess } from './access.ts'
import type { Access } from './access.ts'
import type { AgencyHandles } from './agency-handles.ts'
import type { Bandwidth } from './bandwidth.ts'
import type { Arrival } from './gate.ts'
import type { Budget } from './budget.ts'
import { fingerprintOf } from './credential.ts'
import type { Credential } from './credential.ts'
import { createHandles } from './handles.ts'
import type { Allowance, Handles } from './handles.ts'
import { createIdleWatch } from './idle-watch.ts'
import type { IdleReason, IdleWatch } from './idle-watch.ts'
import { channelMs, farewellMs, maxChannelsPerConnection, maxHandlesPerSession } from './limits.ts'
import type { PacketPool } from './packet-pool.ts'
import type { PasswordGate } from './password-gate.ts'
import type { LoginBook, LoginStore } from './login-book.ts'
import { createMaintenanceNotice } from './maintenance-notice.ts'
import type { Maintenance } from './maintenance-store.ts'
import { refuseProgram } from './refuse-program.ts'
import { holdWritesDuringRekey } from './rekey.ts'
import { createSessionNotes } from './session-notes.ts'
import { createSftpChannel } from './sftp-channel.ts'
import type { SftpChannel } from './sftp-channel.ts'
import { watchSignIn } from './sign-in.ts'
import { refuseTooMany } from './tell-client.ts'
import type { StrangerNotes } from './stranger-notes.ts'
import type { Tally } from './tally.ts'
import type { Turns } from './turns.ts'
import type { Visitor } from './visitor.ts'

export interface SessionParts {
  readonly client: Connection
  readonly arrival: Arrival
  readonly agencies: Pick<LoginStore, 'findLogin'>
  readonly logins: LoginBook
  readonly passwordGate: PasswordGate
  readonly inbox: Pick<Inbox, 'layout' | 'receiving' | 'uploads' | 'ghosts'>
  /** Signatures that the sender's key may make. */
  readonly userSignatures: readonly string[]
  /** A session without an open file ends after this silence, in milliseconds. */
  readonly idleMs: number
  /** A session with an open file ends after this silence, in milliseconds. */
  readonly silentUploadMs: number
  readonly isDraining: () => boolean
  readonly maintenance: () => Maintenance | undefined
  readonly note: NoteAudit
  readonly tally: Tally
  readonly strangers: StrangerNotes
  /** What the accounts may send and fetch in a second. */
  readonly bandwidth: Bandwidth
  readonly agencyHandles: AgencyHandles
  /** Memory of all channels of the server. */
  readonly budget: Budget
  /** Buffers for large replies, of all sessions. */
  readonly packets: PacketPool
  readonly turns: Turns
  /** How long a client may leave its replies unfetched, in milliseconds. */
  readonly unfetchedMs: number
  readonly log: Logger
}

/** One SSH connection, from its first line to its end. */
export interface Session {
  /** What it may do; undefined until the client has signed in. */
  readonly access: () => Access | undefined
  /** Whether a file is open for writing. */
  readonly isReceiving: () => boolean
  /** Files and folders that it holds open. */
  readonly countHandles: () => number
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
  const { address } = arrival
  const hasArrived = parts.turns.noteArrival()
  const allowance: Allowance = { used: 0, most: maxHandlesPerSession }
  const channels = new Map<SftpChannel, Handles>()
  const { note, tally, strangers } = parts
  const notes = createSessionNotes({ note, tally, strangers, sessionId, address })
  let log = parts.log.child({ sessionId, remoteAddress: address })
  let login: Login | undefined
  let access: Access | undefined
  let negotiated: NegotiatedAlgorithms | undefined
  let openChannels = 0
  let idle: IdleWatch | undefined

  function endIdle(reason: IdleReason): void {
    log.info('Session ended: no activity', { reason })
    notes.ends(reason)
    void end('CONNECTION_LOST')
  }

  function openChannel(
    channel: ServerChannel,
    { agency, account }: Login,
    held: Access,
    isEndedByClient: () => boolean,
  ): SftpChannel {
    const handles = createHandles(allowance, parts.agencyHandles(agency.agencyId))
    const sender: Sender = {
      agency,
      account: account.account,
      source: 'sftp',
      sessionId,
      get quota() {
        return held.account().quota
      },
    }
    const visitor: Visitor = {
      sender,
      get account() {
        return held.account()
      },
      handles,
      inbox,
      isDraining,
      assertNoMaintenance: createMaintenanceNotice(channel, parts.maintenance),
      assertAccess: () => held.assertHolds(),
      note,
      tally,
      packets: parts.packets,
      log,
    }
    holdWritesDuringRekey(client, channel)
    const opened = createSftpChannel({
      channel,
      socket,
      visitor,
      isEndedByClient,
      budget: parts.budget,
      turns: parts.turns,
      lane: parts.bandwidth.join(
        account.accountId,
        () => held.account().quota?.maxBytesPerSecond ?? undefined,
      ),
      unfetchedMs: parts.unfetchedMs,
      onStalled: () => void end('CONNECTION_LOST'),
      onActivity: () => idle?.touch(),
    })
    idle?.noteChannel()
    channels.set(opened, handles)
    channel.once('close', () => void opened.disconnect().then(() => channels.delete(opened)))
    return opened
  }

  /** The account has as many connections as it may. The client hears it behind its sign-in: before, it would take its key for wrong. */
  function refuse({ account: { agencyId, account } }: Login): void {
    log.warn('Session refused: too many connections', { agencyId, account })
    tally.refusedConnections.add('connections-per-account')
    notes.refused('connections-per-account', { agencyId, account })
    client.once('ready', () => {
      refuseTooMany(client, 'This account has as many connections as it may. Try again later.')
      socket.end()
      setTimeout(() => socket.destroy(), farewellMs).unref()
    })
  }

  function welcome(accepted: Login, credential: Credential): void {
    hasArrived()
    const { agencyId, account } = accepted.account
    if (!arrival.admit(account)) {
      refuse(accepted)
      return
    }
    login = accepted
    idle = createIdleWatch({
      idleMs: parts.idleMs,
      stalledMs: parts.silentUploadMs,
      channelMs,
      hasOpenFiles: () => allowance.used > 0,
      onEnd: endIdle,
    })
    inbox.receiving.beginSession({ agency: accepted.agency, account, source: 'sftp', sessionId })
    log = log.child({ agencyId, account })
    access = createAccess({
      agencies,
      login: accepted,
      credential,
      address,
      log,
      onLost() {
        notes.ends('access-withdrawn')
        void end('CONNECTION_LOST')
      },
    })
    const facts = {
      method: credential.method,
      keyFingerprint: fingerprintOf(credential),
      kex: negotiated?.kex,
      cipher: negotiated?.cs.cipher,
    }
    log.info('Session opened', facts)
    notes.opened(accepted, facts)
  }

  client.on('error', (err: Error) => log.debug('SSH connection failed', { err }))
  client.once('handshake', (algorithms) => {
    negotiated = algorithms
  })
  watchSignIn({
    client,
    address,
    logins: parts.logins,
    passwordGate: parts.passwordGate,
    signatures: parts.userSignatures,
    log,
    onAccepted: welcome,
    onRefused(reason, known, attempt) {
      notes.refused(reason, known?.account)
      arrival.blame(attempt)
    },
    refusalDelayMs: arrival.refusalDelayMs,
  })

  client.on('session', (accept, reject) => {
    if (openChannels >= maxChannelsPerConnection) {
      log.info('Channel refused: too many', { openChannels })
      reject()
      return
    }
    openChannels += 1
    let isTaken = false
    let isEndedByClient = false
    const session = accept()
    session.on('error', (err: Error) => log.debug('SSH channel failed', { err }))
    session.once('close', () => {
      openChannels -= 1
      isEndedByClient = true
    })
    // Neither event comes when the connection is lost.
    session.once('eof', () => {
      isEndedByClient = true
    })
    session.on('exec', (take, _refuse, { command }) => refuseProgram(take(), command))
    session.on('shell', (take) => refuseProgram(take()))
    // No listener for "sftp": ssh2 would bring its own server, which can neither hold clients back nor announce extensions.
    session.on('subsystem', (takeChannel, refuseChannel, { name }) => {
      if (name !== 'sftp' || isTaken || login === undefined || access === undefined) {
        // ssh2 gives no function when the client wants no answer.
        ;(refuseChannel as (() => void) | undefined)?.()
        return
      }
      isTaken = true
      // At once: data that arrives before the channel is taken would be dropped.
      const opened = openChannel(takeChannel(), login, access, () => isEndedByClient)
      session.once('close', () => opened.hangUp())
    })
  })

  async function putAway(): Promise<void> {
    hasArrived()
    idle?.stop()
    await Promise.all([...channels.keys()].map((channel) => channel.disconnect()))
    notes.ended()
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
    countHandles: () => allowance.used,
    isReceiving: () =>
      [...channels.values()].some((handles) =>
        handles.list().some(({ kind }) => kind === 'incoming'),
      ),
    end() {
      notes.ends('server-stopped')
      return end('SERVER_STOPPED')
    },
    ended,
  }
}
