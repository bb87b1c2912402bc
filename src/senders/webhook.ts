import { lookup } from 'node:dns/promises'
import type { LookupAddress } from 'node:dns'
import { request as requestHttp } from 'node:http'
import type { IncomingMessage } from 'node:http'
import { request as requestHttps } from 'node:https'
import { isIP } from 'node:net'
import { createFault } from './fault.ts'
import { createReachableNetworks } from './reachable-networks.ts'
import type { OutgoingMessage, SendAnswer, SendFault, Sender } from './types.ts'
import { judgeStatus } from './webhook-status.ts'
import { signWebhook } from './webhook-signature.ts'
import { parseWebhookUrl } from './webhook-url.ts'

/** Settings of webhooks; the names are those of the configuration (`webhook.…`). */
export interface WebhookSettings {
  readonly timeoutSeconds: number
  readonly privateNetworks: readonly string[]
}

export interface WebhookParts {
  readonly settings: WebhookSettings
  /** Sent as `user-agent`. */
  readonly userAgent: string
  readonly now: () => Date
  /** Asks the name service; the system's unless given. */
  readonly resolve?: ((host: string) => Promise<readonly LookupAddress[]>) | undefined
}

/** More of an answer is not read. */
const mostAnswer = 64 * 1024

const resolveAll = (host: string) => lookup(host, { all: true, verbatim: true })

/** What is sent to one address that was judged. */
interface Call {
  readonly url: URL
  readonly address: LookupAddress
  readonly headers: Readonly<Record<string, string>>
  readonly body: string
  readonly signal: AbortSignal
}

const isTlsError = (code: string) =>
  /^(ERR_TLS|ERR_SSL|CERT_|DEPTH_ZERO|SELF_SIGNED|UNABLE_TO_|EPROTO)/.test(code)

/** A failure before the request was written is surely no delivery; afterwards nobody knows. */
function toFault(error: unknown, isWritten: boolean): SendFault {
  const { code, name } = error as NodeJS.ErrnoException
  const detail = typeof code === 'string' ? code : name
  if (isWritten) return createFault('unknown', 'NO_ANSWER', detail, { isWide: true })
  const kind = isTlsError(detail) ? 'TLS_FAILED' : 'UNREACHABLE'
  return createFault('temporary', kind, detail, { isWide: true })
}

/** Reads the rest of an answer away, so that the other side can finish, but not for ever. */
function drain(response: IncomingMessage): void {
  let bytes = 0
  response.on('error', () => undefined)
  response.on('data', (chunk: Buffer) => {
    bytes += chunk.length
    if (bytes > mostAnswer) response.destroy()
  })
}

/** One request to exactly this address, whatever the name service says by now; redirects are not followed. */
function post({ url, address, headers, body, signal }: Call): Promise<SendAnswer> {
  return new Promise((resolve) => {
    let isWritten = false
    const open = url.protocol === 'https:' ? requestHttps : requestHttp
    const request = open(
      url,
      {
        method: 'POST',
        headers: { ...headers, 'content-length': String(Buffer.byteLength(body)) },
        signal,
        agent: false,
        lookup: (_host, options, done) => {
          if (options.all === true) done(null, [address])
          else done(null, address.address, address.family)
        },
      },
      (response) => {
        drain(response)
        resolve(judgeStatus(response.statusCode ?? 0, response.headers['retry-after']))
      },
    )
    request.on('error', (error) => resolve(toFault(error, isWritten)))
    request.on('socket', (socket) => {
      const ready = url.protocol === 'https:' ? 'secureConnect' : 'connect'
      socket.once(ready, () => {
        isWritten = true
      })
    })
    request.end(body)
  })
}

/**
 * Posts signed JSON (Standard Webhooks 1.0). Only to addresses that the operator's rules let be reached: a name is resolved
 * once, judged, and that very address is dialled, so that a name which changes its mind in between reaches nothing else.
 * Plain http goes to the operator's own networks alone.
 */
export function createWebhookSender(parts: WebhookParts): Sender {
  const { settings, userAgent, now } = parts
  const resolve = parts.resolve ?? resolveAll
  const networks = createReachableNetworks(settings.privateNetworks)

  /** The address to dial, or why none is. */
  async function choose(url: URL): Promise<LookupAddress | SendFault> {
    const host = url.hostname.replace(/^\[|\]$/g, '')
    let found: readonly LookupAddress[]
    try {
      found = isIP(host) === 0 ? await resolve(host) : [{ address: host, family: isIP(host) }]
    } catch (error) {
      return toFault(error, false)
    }
    const chosen = found.find(({ address }) => {
      const verdict = networks.judge(address)
      return url.protocol === 'https:' ? verdict !== undefined : verdict === 'private'
    })
    return (
      chosen ??
      createFault('permanent', 'ADDRESS_REFUSED', 'webhook.privateNetworks', { isWide: true })
    )
  }

  async function sendTo(url: URL, { id, to, body }: OutgoingMessage): Promise<SendAnswer> {
    const address = await choose(url)
    if ('outcome' in address) return address
    const headers = {
      'content-type': 'application/json',
      'user-agent': userAgent,
      ...signWebhook({ id, body, secrets: to.secrets ?? [] }, now()),
    }
    const signal = AbortSignal.timeout(settings.timeoutSeconds * 1000)
    return post({ url, address, headers, body, signal })
  }

  return {
    async send(message) {
      try {
        return await sendTo(parseWebhookUrl(message.to.address), message)
      } catch {
        // Neither the address nor the secret was usable; both are checked when they are set.
        return createFault('permanent', 'ADDRESS_INVALID', 'url or secret', { isWide: true })
      }
    },
    close: () => Promise.resolve(),
  }
}
