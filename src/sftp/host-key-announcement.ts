import type { Connection, ParsedKey } from 'ssh2'
import { encodeFields, sendMessage } from './send-message.ts'
import { loadInternals, openConnection } from './ssh2-internals.ts'
import type { Transport } from './ssh2-internals.ts'

const globalRequest = 80

/** Clients that do not stand the announcement; OpenSSH's sshd spares the same ones. */
const shy = /^(TTSSH|Cisco-1\.)/

/** Most keys that are proved in one request. */
const mostProofs = 16

/** The strings that a message consists of; undefined if it does not. */
function readStrings(data: Buffer): Buffer[] | undefined {
  const strings: Buffer[] = []
  let at = 0
  while (at < data.length) {
    if (at + 4 > data.length || strings.length === mostProofs) return undefined
    const end = at + 4 + data.readUInt32BE(at)
    if (end > data.length) return undefined
    strings.push(data.subarray(at + 4, end))
    at = end
  }
  return strings
}

/** An RSA key signs as in the key exchange, if that was done with RSA: OpenSSH insists on it. */
function nameSignature({ type }: ParsedKey, { _kex: { negotiated } }: Transport): string {
  if (type !== 'ssh-rsa') return type
  return negotiated.serverHostKey.startsWith('rsa-') ? negotiated.serverHostKey : 'rsa-sha2-512'
}

function prove(transport: Transport, key: ParsedKey, blob: Buffer): Buffer | undefined {
  const name = nameSignature(key, transport)
  const what = encodeFields('hostkeys-prove-00@openssh.com', transport._kex.sessionID, blob)
  const hash = /^rsa-sha2-(256|512)$/.exec(name)?.[1]
  const signed = key.sign(what, hash && `sha${hash}`) as Buffer | Error
  if (signed instanceof Error) return undefined
  const signature = loadInternals().convertSignature(signed, key.type)
  return signature ? encodeFields(name, signature) : undefined
}

/**
 * Tells a client, once it is signed in, which host keys this server has or will have, and proves on request that it holds them
 * (`hostkeys-00@openssh.com`, OpenSSH PROTOCOL §2.5): OpenSSH with UpdateHostKeys takes new keys over and forgets those that are gone.
 *
 * ssh2 has neither; nor does it keep to `no-more-sessions@openssh.com`, which comes with it here. Call it in the `connection` event.
 */
export function announceHostKeys(
  client: Connection,
  software: string,
  keys: readonly ParsedKey[],
): void {
  const connection = openConnection(client)
  const { _protocol: transport } = connection
  const { _handlers: handlers } = transport
  const pass = handlers.GLOBAL_REQUEST
  const byBlob = new Map(keys.map((key) => [key.getPublicSSH().toString('base64'), key]))

  function proveAll(data: unknown): Buffer | undefined {
    const blobs = Buffer.isBuffer(data) ? readStrings(data) : undefined
    const proofs = blobs?.map((blob) => {
      const key = byBlob.get(blob.toString('base64'))
      return key && prove(transport, key, blob)
    })
    const given = proofs?.filter((proof) => proof !== undefined)
    if (given === undefined || given.length === 0 || given.length < (proofs?.length ?? 0)) {
      return undefined
    }
    return encodeFields(...given)
  }

  handlers.GLOBAL_REQUEST = (to, name, wantReply, data) => {
    const isKnown = connection.authenticated
    if (isKnown && name === 'no-more-sessions@openssh.com') {
      connection.noMoreSessions = true
      if (wantReply) to.requestSuccess()
      return
    }
    const proof =
      isKnown && wantReply && name === 'hostkeys-prove-00@openssh.com' ? proveAll(data) : undefined
    if (proof === undefined) pass(to, name, wantReply, data)
    else to.requestSuccess(proof)
  }

  client.once('ready', () => {
    if (shy.test(software) || keys.length === 0) return
    const blobs = keys.map((key) => key.getPublicSSH())
    sendMessage(transport, globalRequest, 'hostkeys-00@openssh.com', false, ...blobs)
  })
}
