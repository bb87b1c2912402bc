import type { Socket } from 'node:net'
import ssh2 from 'ssh2'
import type { ClientInfo, Connection, Server } from 'ssh2'
import type { Config } from '../config/index.ts'
import { ConfigError } from '../errors/index.ts'
import type { Logger } from '../log/index.ts'
import { createOffers, listHostKeyTypes } from './algorithms.ts'
import { announceHostKeys } from './host-key-announcement.ts'
import type { PrivateHostKey } from './host-keys.ts'
import { keepaliveMs, keepaliveTries, rekeyAnswerMs } from './limits.ts'
import { mendChannels } from './mend-channels.ts'
import { mendSignIn } from './mend-sign-in.ts'
import { chooseOffer } from './offer.ts'
import type { Profile } from './profiles.ts'
import { poolPadding } from './pooled-padding.ts'
import { watchRekey } from './rekey.ts'
import { announceSignatureAlgorithms } from './signature-algorithms.ts'
import { loadInternals, openConnection } from './ssh2-internals.ts'

/** The first line that clients see. No version: it would tell strangers which faults to try. No name that clients have workarounds for. */
const ident = 'docketdrop'

const mebibyte = 1024 * 1024
const minuteMs = 60_000

export interface SshServerParts {
  readonly profile: Profile
  readonly settings: Pick<Config['sftp'], 'chacha20' | 'rekeyMb' | 'rekeyMinutes'>
  readonly log: Logger
  /** Called when a client has said its first line. It must attach its listener for errors at once. */
  readonly onConnection: (client: Connection, info: ClientInfo) => void
}

/** SSH as one listener speaks it. */
export interface SshServer {
  /** Uses these host keys for connections from now on. @throws ConfigError HOST_KEY_UNSAFE when the profile can use none of them */
  useKeys(keys: readonly PrivateHostKey[]): void
  /** Takes a TCP connection. */
  inject(socket: Socket): void
}

/** ssh2 under one profile, with the ways round its defects. */
export function createSshServer({
  profile,
  settings,
  log,
  onConnection,
}: SshServerParts): SshServer {
  const usable: readonly string[] = listHostKeyTypes(profile)
  let server: Server | undefined

  function createServer(keys: readonly PrivateHostKey[]): Server {
    const mine = keys.filter(({ type, state }) => usable.includes(type) && state !== 'retired')
    const active = mine.filter(({ state }) => state === 'active')
    if (active.length === 0) {
      throw new ConfigError(
        'HOST_KEY_UNSAFE',
        `None of the host keys can be used under the profile ${profile.name}: ${usable.join(', ')} are.`,
        { hint: 'Run: docketdrop key generate-host — or choose another profile.' },
      )
    }
    const offers = createOffers({
      profile,
      hostKeys: active.map(({ type }) => type),
      hasChacha20: settings.chacha20,
      internals: loadInternals(),
    })
    const announced = mine.map(({ parsed }) => parsed)

    function welcome(client: Connection, info: ClientInfo): void {
      const { software } = info.header.versions
      chooseOffer(client, software, offers)
      announceSignatureAlgorithms(client, profile.userSignatures)
      mendSignIn(client)
      mendChannels(client)
      poolPadding(client)
      announceHostKeys(client, software, announced)
      client.once('ready', () => {
        watchRekey({
          client,
          socket: openConnection(client)._sock,
          bytes: settings.rekeyMb * mebibyte,
          everyMs: settings.rekeyMinutes * minuteMs,
          answerMs: rekeyAnswerMs,
          log,
        })
      })
      onConnection(client, info)
    }

    const created = new ssh2.Server(
      {
        hostKeys: active.map(({ privateKey }) => privateKey),
        ident,
        // Nobody is offered these: `chooseOffer` puts the profile's own list in their place.
        algorithms: { compress: ['none'] },
        keepaliveInterval: keepaliveMs,
        keepaliveCountMax: keepaliveTries,
      },
      welcome,
    )
    created.on('error', (err: Error) => log.error('SSH server failed', { err }))
    return created
  }

  return {
    useKeys(keys) {
      server = createServer(keys)
    },
    inject(socket) {
      server?.injectSocket(socket)
    },
  }
}
