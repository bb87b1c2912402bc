import { setTimeout as wait } from 'node:timers/promises'
import type { Connection } from 'ssh2'
import type { NoteAudit } from '../audit/index.ts'
import type { Config } from '../config/index.ts'
import type { Db } from '../db/index.ts'
import type { Inbox } from '../inbox/index.ts'
import type { Logger } from '../log/index.ts'
import { createAccessWatch } from './access-watch.ts'
import { createAgencyHandles } from './agency-handles.ts'
import { createBandwidth } from './bandwidth.ts'
import { createBudget } from './budget.ts'
import type { Arrival } from './gate.ts'
import { createGuard } from './guard.ts'
import { createHostKeyWatch } from './host-key-watch.ts'
import { createKeyExpiryWatch } from './key-expiry-watch.ts'
import {
  accessCheckMs,
  hostKeyCheckMs,
  maxPasswordsAtOnce,
  maxPasswordsWaiting,
  silentUploadMs,
  unfetchedMs,
} from './limits.ts'
import { createLoginBook } from './login-book.ts'
import type { LoginStore } from './login-book.ts'
import { createListener } from './listener.ts'
import { createNetworkList } from './network-list.ts'
import { parseListeners } from './parse-listeners.ts'
import { createPacketPool } from './packet-pool.ts'
import { createPasswordGate } from './password-gate.ts'
import type { ListenerPlan } from './parse-listeners.ts'
import { getProfile } from './profiles.ts'
import type { Profile } from './profiles.ts'
import { createSession } from './session.ts'
import type { Session } from './session.ts'
import { createSshServer } from './ssh-server.ts'
import { assertSsh2Fits } from './ssh2-internals.ts'
import { createStrangerNotes } from './stranger-notes.ts'
import { createTally } from './tally.ts'
import { tellTransport } from './tell-transport.ts'
import { showBanner } from './tell-client.ts'
import { createTurns } from './turns.ts'
import type { SftpServer } from './types.ts'

export interface SftpServerParts {
  readonly settings: Config['sftp']
  /** Where the host keys lie; see `loadHostKeys`. */
  readonly keysFolder: string
  readonly agencies: LoginStore
  readonly inbox: Pick<Inbox, 'layout' | 'receiving' | 'uploads' | 'ghosts'>
  /** Where bans and good sign-ins are kept and maintenance is said; without it there is no maintenance, and a restart forgets. */
  readonly db?: Db | undefined
  readonly log: Logger
  /** Hears of connections, sign-ins, files and names. */
  readonly note?: NoteAudit | undefined
  /** Milliseconds from one look at the logins of live sessions to the next; 4,000 unless given. */
  readonly accessCheckMs?: number
  /** Milliseconds that a client may leave its replies unfetched while more are due; 60,000 unless given. */
  readonly unfetchedMs?: number
  /** Milliseconds of silence after which a session with an open file ends; 15 minutes unless given. */
  readonly silentUploadMs?: number
  /** Milliseconds from one look at the folder of host keys to the next; 10,000 unless given. */
  readonly hostKeyCheckMs?: number
}

const drainPollMs = 50
/** Time for clients to end by themselves once their files are taken. */
const farewellMs = 2000

/** The SFTP server: ssh2 carries SSH, everything above it is ours (design/ingestion.md §2). */
export function createSftpServer(parts: SftpServerParts): SftpServer {
  const { settings, keysFolder, agencies, inbox, log } = parts
  const sessions = new Set<Session>()
  const tally = createTally()
  const bandwidth = createBandwidth()
  const agencyHandles = createAgencyHandles()
  const budget = createBudget()
  const packets = createPacketPool()
  const turns = createTurns()
  const note = parts.note ?? (() => undefined)
  const strangers = createStrangerNotes(note)
  let isDraining = false
  let stopping: Promise<void> | undefined
  let ports: number[] = []

  const logins = createLoginBook({ agencies, log, now: () => new Date() })
  const passwordGate = createPasswordGate(maxPasswordsAtOnce, maxPasswordsWaiting)
  const keyExpiryWatch = createKeyExpiryWatch({ agencies, log })
  const guard = createGuard({
    settings,
    db: parts.db,
    tally,
    note,
    onSilent: (network) => strangers.left(network, []),
    log,
  })
  const balancers = createNetworkList('sftp.proxyFrom', settings.proxyFrom)
  const doors = parseListeners(settings).map(createDoor)

  /** One address to listen on, with an SSH server of its own behind it. */
  function createDoor(plan: ListenerPlan) {
    const profile = getProfile(plan.profile)
    const ssh = createSshServer({
      profile,
      settings,
      log,
      onConnection: (client, { ip, port }) => welcome(client, listener.find(ip, port), profile),
    })
    const listener = createListener({
      host: plan.host,
      port: plan.port,
      balancers: plan.isProxied ? balancers : undefined,
      gate: guard.gate,
      log,
      onArrival: ({ socket }) => ssh.inject(socket),
    })
    return {
      profile,
      useKeys: ssh.useKeys,
      open: () => listener.start(),
      close: () => listener.close(),
    }
  }

  const hostKeyWatch = createHostKeyWatch({
    folder: keysFolder,
    needed: [...new Set(doors.flatMap(({ profile }) => profile.hostKeys))],
    everyMs: parts.hostKeyCheckMs ?? hostKeyCheckMs,
    now: () => new Date(),
    log,
    onKeys: (keys) => doors.forEach(({ useKeys }) => useKeys(keys)),
  })

  const accessWatch = createAccessWatch({
    agencies,
    listAccesses: () => [...sessions].flatMap((session) => session.access() ?? []),
    everyMs: parts.accessCheckMs ?? accessCheckMs,
    log,
  })

  function welcome(client: Connection, arrival: Arrival | undefined, profile: Profile): void {
    if (arrival === undefined || isDraining) {
      client.on('error', (err: Error) => log.debug('SSH connection failed', { err }))
      client.end()
      return
    }
    const maintenance = guard.maintenance()
    if (maintenance !== undefined) showBanner(client, maintenance.text)
    const session = createSession({
      client,
      arrival,
      agencies,
      logins,
      passwordGate,
      inbox,
      userSignatures: profile.userSignatures,
      idleMs: settings.idleMs,
      silentUploadMs: parts.silentUploadMs ?? silentUploadMs,
      maintenance: guard.maintenance,
      isDraining: () => isDraining,
      note,
      tally,
      strangers,
      bandwidth,
      agencyHandles,
      budget,
      packets,
      turns,
      unfetchedMs: parts.unfetchedMs ?? unfetchedMs,
      log,
    })
    sessions.add(session)
    void session.ended.then(() => sessions.delete(session))
  }

  const countSessions = () => [...sessions].filter(({ access }) => access() !== undefined).length

  async function drain(graceMs: number): Promise<void> {
    isDraining = true
    for (const door of doors) door.close()
    guard.gate.endWaiting()
    const deadline = performance.now() + graceMs
    const hasReceived = [...sessions].some(({ isReceiving }) => isReceiving())
    while ([...sessions].some(({ isReceiving }) => isReceiving()) && performance.now() < deadline) {
      await wait(drainPollMs)
    }
    accessWatch.stop()
    logins.stop()
    keyExpiryWatch.stop()
    // A sender whose file was just taken says goodbye by itself; cut off before that, it would report a failure.
    const farewell = Math.min(deadline, performance.now() + farewellMs)
    while (sessions.size > 0 && hasReceived && performance.now() < farewell) await wait(drainPollMs)
    await Promise.all([...sessions].map((session) => session.end()))
    strangers.stop()
    hostKeyWatch.stop()
    await guard.stop()
  }

  return {
    async start() {
      assertSsh2Fits()
      await hostKeyWatch.start()
      await guard.start()
      await logins.start()
      ports = []
      for (const door of doors) ports.push(await door.open())
      tellTransport(
        log,
        doors.map(({ profile }) => profile.name),
      )
      accessWatch.start()
      keyExpiryWatch.start()
      return ports[0] ?? 0
    },
    stop: (graceMs) => (stopping ??= drain(graceMs)),
    countSessions,
    ports: () => ports,
    maintenance: guard.maintenance,
    figures: () => ({
      ...guard.gate.counts(),
      bans: guard.countBans(),
      sessions: countSessions(),
      openHandles: [...sessions].reduce((sum, session) => sum + session.countHandles(), 0),
      outstandingBytes: tally.outstandingBytes,
      connectionsTotal: tally.connections,
      receivedBytesTotal: tally.receivedBytes,
      sentBytesTotal: tally.sentBytes,
      signInsTotal: tally.signIns.read(),
      refusedSignInsTotal: tally.refusedSignIns.read(),
      refusedConnectionsTotal: tally.refusedConnections.read(),
      refusedRequestsTotal: tally.refusedRequests.read(),
    }),
  }
}
