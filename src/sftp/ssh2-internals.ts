import { createRequire } from 'node:module'
import type { Socket } from 'node:net'
import ssh2 from 'ssh2'
import type { Connection, NegotiatedAlgorithms, ParsedKey } from 'ssh2'
import { ConfigError, toError } from '../errors/index.ts'

/** The release whose inner parts are described here; package.json pins it exactly. */
const knownVersion = '1.17.0'

/** A KEXINIT without its cookie: the algorithms that one side offers. */
export interface Offer {
  readonly lists: {
    readonly kex: { readonly array: readonly string[] }
    readonly serverHostKey: { readonly array: readonly string[] }
  }
}

/** One list for each direction of a KEXINIT. */
export interface OfferedLists {
  readonly cipher: readonly string[]
  readonly mac: readonly string[]
  readonly compress: readonly string[]
  readonly lang: readonly string[]
}

/** Turns outgoing payloads into packets. `alloc` gives room for a payload at `allocStart`, `finalize` what is to be sent. */
interface PacketWriter {
  readonly allocStart: number
  alloc(length: number): Buffer
  finalize(packet: Buffer): Buffer
}

/** The handlers of messages after the first key exchange, by the message's name. */
export interface MessageHandlers {
  USERAUTH_REQUEST: (
    transport: Transport,
    username: string,
    service: string,
    method: string,
    data: unknown,
  ) => void
  GLOBAL_REQUEST: (transport: Transport, name: string, wantReply: boolean, data: unknown) => void
  CHANNEL_OPEN: (
    transport: Transport,
    info: { readonly type: string; readonly sender: number; readonly packetSize: number },
  ) => void
  CHANNEL_REQUEST: (
    transport: Transport,
    recipient: number,
    type: string,
    wantReply: boolean,
    data: unknown,
  ) => void
  CHANNEL_DATA: (transport: Transport, recipient: number, data: Buffer) => void
  CHANNEL_WINDOW_ADJUST: (transport: Transport, recipient: number, amount: number) => void
  CHANNEL_CLOSE: (transport: Transport, recipient: number) => void
}

/** What ssh2 calls its protocol: one SSH transport. */
export interface Transport {
  _offer: Offer
  /** Text that is shown before the sign-in. */
  _banner: string | undefined
  /** The KEXINIT that was sent, from then until the keys are exchanged. */
  _kexinit: Buffer | undefined
  _onHandshakeComplete: (negotiated: NegotiatedAlgorithms) => void
  /** Takes every packet behind a key exchange. */
  _onPayload: (payload: Buffer) => unknown
  _skipNextInboundPacket: boolean
  readonly _handlers: MessageHandlers
  readonly _kex: {
    remoteExtInfoEnabled: boolean
    readonly sessionID: Buffer
    readonly negotiated: { readonly serverHostKey: string }
  }
  _cipher: { encrypt(packet: Buffer): void; allocPacket(payloadLength: number): Buffer }
  readonly _decipher: { _onPayload: (payload: Buffer) => unknown; readonly inSeqno: number }
  readonly _packetRW: { readonly write: PacketWriter }
  authPKOK(...args: unknown[]): void
  authFailure(methods?: readonly string[], isPartial?: boolean): void
  authSuccess(): void
  authInfoReq(...args: unknown[]): void
  authPasswdChg(...args: unknown[]): void
  channelOpenFail(recipient: number, reason: number, description: string): void
  channelFailure(recipient: number): void
  channelClose(recipient: number): void
  disconnect(reason: number): void
  rekey(): void
  requestSuccess(data?: Buffer): void
}

/** The two halves of a channel. */
export interface ChannelInfo {
  readonly incoming: { window: number; state: string }
  readonly outgoing: { readonly id: number; window: number; state: string }
}

/** A running channel. */
export interface InnerChannel extends ChannelInfo {
  _waitChanDrain: boolean
  push(data: Buffer): boolean
}

/** A session channel: before a subsystem or command runs on it, `_channel` is undefined. */
export interface InnerSession {
  readonly _ending: boolean
  readonly _channel: InnerChannel | undefined
  readonly _chanInfo: ChannelInfo
}

interface InnerConnection {
  readonly _sock: Socket
  readonly _protocol: Transport
  readonly _chanMgr: { get(id: number): unknown; remove(id: number): void }
  noMoreSessions: boolean
  readonly authenticated: boolean
}

/** Functions and classes of ssh2 that its own index does not show. */
export interface Ssh2Internals {
  readonly KexInit: new (lists: {
    kex: readonly string[]
    serverHostKey: readonly string[]
    cs: OfferedLists
    sc: OfferedLists
  }) => Offer
  /** Sends KEXINIT. */
  readonly kexinit: (transport: Transport) => void
  /** Sends a packet, or queues it while keys are exchanged. */
  readonly sendPacket: (transport: Transport, packet: Buffer) => boolean
  /** Turns a signature of OpenSSL into that of SSH. */
  readonly convertSignature: (signature: Buffer, keyType: string) => Buffer | undefined | false
  /** Gives the peer window space again. */
  readonly windowAdjust: (channel: InnerChannel) => void
  readonly windowThreshold: number
  /** Whether the compiled part is in use. */
  readonly bindingAvailable: boolean
  /** By message number. */
  readonly messageHandlers: Readonly<Record<number, unknown>>
}

/** The inner parts of one connection. */
export function openConnection(client: Connection): InnerConnection {
  return client as unknown as InnerConnection
}

/** The private or public key in a text; throws what ssh2 returns. */
export function parseKey(text: string): ParsedKey {
  const parsed = ssh2.utils.parseKey(text)
  if (parsed instanceof Error) throw parsed
  return parsed
}

export interface Ssh2Modules {
  readonly package: { readonly version: string }
  readonly kex: Pick<Ssh2Internals, 'KexInit' | 'kexinit'>
  readonly utils: Pick<Ssh2Internals, 'sendPacket' | 'convertSignature'>
  readonly crypto: { readonly bindingAvailable: unknown }
  readonly handlers: Readonly<Record<number, unknown>>
  readonly channel: {
    readonly windowAdjust: Ssh2Internals['windowAdjust']
    readonly MAX_WINDOW: number
    readonly WINDOW_THRESHOLD: number
  }
  readonly Protocol: new (settings: object) => object
}

/** The files of ssh2 that are touched. */
export function loadModules(): Ssh2Modules {
  const require = createRequire(import.meta.url)
  return {
    package: require('ssh2/package.json') as Ssh2Modules['package'],
    kex: require('ssh2/lib/protocol/kex.js') as Ssh2Modules['kex'],
    utils: require('ssh2/lib/protocol/utils.js') as Ssh2Modules['utils'],
    crypto: require('ssh2/lib/protocol/crypto.js') as Ssh2Modules['crypto'],
    handlers: require('ssh2/lib/protocol/handlers.js') as Ssh2Modules['handlers'],
    channel: require('ssh2/lib/Channel.js') as Ssh2Modules['channel'],
    Protocol: require('ssh2/lib/protocol/Protocol.js') as Ssh2Modules['Protocol'],
  }
}

/**
 * The parts of ssh2 that the ways round its defects stand on.
 *
 * All knowledge of them lies in this file; `assertSsh2Fits` checks it at start.
 */
export function loadInternals(): Ssh2Internals {
  const { kex, utils, crypto, handlers, channel } = loadModules()
  return {
    KexInit: kex.KexInit,
    kexinit: kex.kexinit,
    sendPacket: utils.sendPacket,
    convertSignature: utils.convertSignature,
    windowAdjust: channel.windowAdjust,
    windowThreshold: channel.WINDOW_THRESHOLD,
    bindingAvailable: crypto.bindingAvailable === true,
    messageHandlers: handlers,
  }
}

const functionsOfTransport = [
  ...['authPKOK', 'authFailure', 'authSuccess', 'authInfoReq', 'authPasswdChg'],
  ...['channelOpenFail', 'channelFailure', 'channelClose', 'disconnect', 'rekey', 'requestSuccess'],
  ...['_onPayload', '_onHandshakeComplete'],
]

/** What is not as this file says; empty when all is. */
function listMisfits(modules: Ssh2Modules): string[] {
  const misfits: string[] = []
  const expect = (isSo: boolean, what: string): void => {
    if (!isSo) misfits.push(what)
  }
  const { kex, utils, crypto, handlers, channel } = modules
  expect(modules.package.version === knownVersion, `version ${modules.package.version}`)
  expect(typeof kex.kexinit === 'function', 'kexinit')
  expect(typeof utils.sendPacket === 'function', 'sendPacket')
  expect(typeof utils.convertSignature === 'function', 'convertSignature')
  expect(typeof channel.windowAdjust === 'function', 'windowAdjust')
  expect(channel.MAX_WINDOW > 0 && channel.WINDOW_THRESHOLD > 0, 'window sizes')
  expect(typeof crypto.bindingAvailable === 'boolean', 'bindingAvailable')
  expect(typeof handlers[80] === 'function', 'message handlers')
  const offer = new kex.KexInit({
    kex: ['a'],
    serverHostKey: ['b'],
    cs: { cipher: ['c'], mac: ['d'], compress: ['none'], lang: [] },
    sc: { cipher: ['c'], mac: ['d'], compress: ['none'], lang: [] },
  })
  expect(offer.lists.kex.array[0] === 'a', 'KexInit')
  const transport = new modules.Protocol({
    server: true,
    hostKeys: {},
    offer,
    onWrite: () => undefined,
    onError: () => undefined,
    messageHandlers: {},
  }) as unknown as Record<string, unknown> & Transport
  for (const name of functionsOfTransport) expect(typeof transport[name] === 'function', name)
  expect(transport._offer === offer && '_kexinit' in transport, '_offer')
  expect(typeof transport._packetRW.write.finalize === 'function', '_packetRW')
  expect(typeof transport._cipher.encrypt === 'function', '_cipher')
  expect(typeof transport._cipher.allocPacket === 'function', 'allocPacket')
  expect('_banner' in transport, '_banner')
  expect('_skipNextInboundPacket' in transport && '_decipher' in transport, '_decipher')
  return misfits
}

/**
 * Makes sure that the ssh2 which is installed is the one that the ways round its defects were written for.
 * @throws ConfigError SSH_LIBRARY_UNEXPECTED
 */
export function assertSsh2Fits(load: () => Ssh2Modules = loadModules): void {
  let misfits: string[]
  let cause: Error | undefined
  try {
    misfits = listMisfits(load())
  } catch (thrown) {
    cause = toError(thrown)
    misfits = [cause.message]
  }
  if (misfits.length === 0) return
  throw new ConfigError(
    'SSH_LIBRARY_UNEXPECTED',
    `The SSH library is not ssh2 ${knownVersion} as this program expects it: ${misfits.join(', ')}.`,
    {
      hint: 'Install the dependencies as they are locked: npm ci.',
      ...(cause === undefined ? {} : { cause }),
    },
  )
}
