import { setTimeout as wait } from 'node:timers/promises'
import ssh2 from 'ssh2'
import type { ClientInfo, Connection, Server } from 'ssh2'
import type { Agencies } from '../agencies/index.ts'
import type { NoteAudit } from '../audit/index.ts'
import type { Config } from '../config/index.ts'
import type { Inbox } from '../inbox/index.ts'
import type { Logger } from '../log/index.ts'
import { createAccessWatch } from './access-watch.ts'
import { createAlgorithms } from './algorithms.ts'
import { openHostKeys } from './host-keys.ts'
import { accessCheckMs, keepaliveMs, keepaliveTries } from './limits.ts'
import { createListener } from './listener.ts'
import { createSession } from './session.ts'
import type { Session } from './session.ts'
import { announceSignatureAlgorithms } from './signature-algorithms.ts'
import type { SftpServer } from './types.ts'

export interface SftpServerParts {
  readonly settings: Config['sftp']
  /** Where the host keys lie; see `loadHostKeys`. */
  readonly keysFolder: string
  /** Shown in the greeting line of the protocol, as `docketdrop_<version>`. */
  readonly version?: string
  readonly agencies: Pick<Agencies, 'findLogin' | 'markKeyUsed'>
  readonly inbox: Pick<Inbox, 'layout' | 'receiving' | 'uploads'>
  readonly log: Logger
  /** Hears of connections, sign-ins, files and names. */
  readonly note?: NoteAudit | undefined
  /** Milliseconds from one look at the logins of live sessions to the next; 4,000 unless given. */
  readonly accessCheckMs?: number
}

const drainPollMs = 50
/** Time for clients to end by themselves once their files are taken. */
const farewellMs = 2000

/** The SFTP server: ssh2 carries SSH, everything above it is ours (design/ingestion.md §2). */
export function createSftpServer(parts: SftpServerParts): SftpServer {
  const { settings, keysFolder, version, agencies, inbox, log } = parts
  const sessions = new Set<Session>()
  let isDraining = false
  let stopping: Promise<void> | undefined
  let ssh: Server | undefined

  const listener = createListener({
    host: settings.host,
    port: settings.port,
    graceMs: settings.loginGraceMs,
    log,
    onSocket: (socket) => ssh?.injectSocket(socket),
  })

  const accessWatch = createAccessWatch({
    agencies,
    listAccesses: () => [...sessions].flatMap((session) => session.access() ?? []),
    everyMs: parts.accessCheckMs ?? accessCheckMs,
    log,
  })

  function welcome(client: Connection, { ip, port }: ClientInfo): void {
    const arrival = listener.find(ip, port)
    if (arrival === undefined || isDraining) {
      client.on('error', (err: Error) => log.debug('SSH connection failed', { err }))
      client.end()
      return
    }
    announceSignatureAlgorithms(client)
    const session = createSession({
      client,
      arrival,
      agencies,
      inbox,
      idleMs: settings.idleMs,
      isDraining: () => isDraining,
      note: parts.note ?? (() => undefined),
      log,
    })
    sessions.add(session)
    void session.ended.then(() => sessions.delete(session))
  }

  async function drain(graceMs: number): Promise<void> {
    isDraining = true
    listener.close()
    const deadline = performance.now() + graceMs
    const hasReceived = [...sessions].some(({ isReceiving }) => isReceiving())
    while ([...sessions].some(({ isReceiving }) => isReceiving()) && performance.now() < deadline) {
      await wait(drainPollMs)
    }
    accessWatch.stop()
    // A sender whose file was just taken says goodbye by itself; cut off before that, it would report a failure.
    const farewell = Math.min(deadline, performance.now() + farewellMs)
    while (sessions.size > 0 && hasReceived && performance.now() < farewell) await wait(drainPollMs)
    await Promise.all([...sessions].map((session) => session.end()))
  }

  return {
    async start() {
      const hostKeys = await openHostKeys(keysFolder)
      ssh = new ssh2.Server(
        {
          hostKeys: hostKeys.map(({ privateKey }) => privateKey),
          ident: version === undefined ? 'docketdrop' : `docketdrop_${version}`,
          algorithms: createAlgorithms(settings),
          keepaliveInterval: keepaliveMs,
          keepaliveCountMax: keepaliveTries,
        },
        welcome,
      )
      ssh.on('error', (err: Error) => log.error('SSH server failed', { err }))
      const port = await listener.start()
      accessWatch.start()
      return port
    },
    stop: (graceMs) => (stopping ??= drain(graceMs)),
    countSessions: () => [...sessions].filter(({ access }) => access() !== undefined).length,
  }
}
