import type { Connection } from 'ssh2'
import type { Offers } from './algorithms.ts'
import { loadInternals, openConnection } from './ssh2-internals.ts'
import type { Offer, Transport } from './ssh2-internals.ts'

const kexInit = 20

/** Time that a client has to send its KEXINIT before ours goes first, in milliseconds: it is a round trip behind its first line. */
const patienceMs = 250

/**
 * Clients that send KEXINIT without waiting for the server's, and prefer AES-CTR to AES-GCM: OpenSSH and the family of PuTTY.
 * Not OpenSSH without its `p1`, as which ssh-audit introduces itself: an audit is to see the whole list.
 */
const eager = /^(OpenSSH_(\d+\.\d+p|for_Windows)|PuTTY|WinSCP|FileZilla)/

/** The name-lists of a KEXINIT (RFC 4253 §7.1), from the key exchanges to the ciphers of both directions, and whether a guess follows. */
function readKexInit(payload: Buffer): { lists: string[][]; hasGuess: boolean } | undefined {
  const lists: string[][] = []
  let at = 17
  for (let index = 0; index < 10; index++) {
    if (at + 4 > payload.length) return undefined
    const end = at + 4 + payload.readUInt32BE(at)
    if (end > payload.length) return undefined
    lists.push(payload.toString('latin1', at + 4, end).split(','))
    at = end
  }
  return { lists, hasGuess: payload[at] === 1 }
}

const isGcm = (name: string): boolean => name.endsWith('-gcm@openssh.com')

/** Whether the client can use AES-GCM in both directions. */
function hasGcm([, , toServer = [], toClient = []]: readonly string[][]): boolean {
  return toServer.some(isGcm) && toClient.some(isGcm)
}

/** Whether the first key exchange and host key of both sides are the same, as a guessed first packet supposes (RFC 4253 §7). */
function isGuessRight([kex = [], hostKeys = []]: readonly string[][], { lists }: Offer): boolean {
  return kex[0] === lists.kex.array[0] && hostKeys[0] === lists.serverHostKey.array[0]
}

/** Lets no KEXINIT leave; gives a function that ends it. ssh2 sends its own right after the client's first line, whatever is known of the client. */
function holdBack({ _cipher: cipher }: Transport): () => void {
  const send = cipher.encrypt
  cipher.encrypt = (packet) => {
    if (packet[5] !== kexInit) send.call(cipher, packet)
  }
  return () => {
    cipher.encrypt = send
  }
}

/**
 * Chooses what a client is offered; call it in the `connection` event.
 *
 * The client's order decides, and OpenSSH and PuTTY put AES-CTR before AES-GCM, which is twice as fast here (512 MiB from OpenSSH: 0.6 s
 * against 1.4 s, at half the CPU) and needs no MAC of its own. Old clients have only AES-CTR, so it cannot just be left out: it is left out for a client whose KEXINIT
 * lists AES-GCM. That KEXINIT is awaited for a quarter of a second before ours is sent, which RFC 4253 leaves open; a client that waits
 * for ours too gets the whole list then. So nobody is refused: the list only shrinks to what the client has said that it can do.
 */
export function chooseOffer(client: Connection, software: string, { all, fast }: Offers): void {
  const { _protocol: transport } = openConnection(client)
  const { kexinit } = loadInternals()
  const { _decipher: decipher } = transport
  const receive = decipher._onPayload
  const isHeld = eager.test(software)
  let release: (() => void) | undefined

  transport._offer = all
  if (isHeld) {
    const letGo = holdBack(transport)
    const patience = setTimeout(() => release?.(), patienceMs)
    client.once('close', () => clearTimeout(patience))
    release = () => {
      release = undefined
      clearTimeout(patience)
      letGo()
      kexinit(transport)
    }
  }

  decipher._onPayload = (payload) => {
    decipher._onPayload = receive
    const heard = payload[0] === kexInit ? readKexInit(payload) : undefined
    if (release !== undefined && heard !== undefined && hasGcm(heard.lists)) {
      transport._offer = fast
    }
    release?.()
    const result = receive(payload)
    // ssh2 passes over every packet that a client sends on a guess, right or wrong, and a client that was right waits for ever.
    if (heard !== undefined) {
      transport._skipNextInboundPacket =
        heard.hasGuess && !isGuessRight(heard.lists, transport._offer)
    }
    return result
  }
}
