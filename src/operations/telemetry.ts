import { once } from 'node:events'
import { createServer } from 'node:http'
import type { IncomingMessage, ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { toError, UnavailableError } from '../errors/index.ts'
import type { Logger } from '../log/index.ts'
import type { Metrics } from './metrics.ts'

/** One condition of readiness; `check` throws when it does not hold. */
export interface ReadinessCheck {
  readonly name: string
  check(): Promise<void>
}

export interface TelemetryParts {
  readonly settings: { readonly host: string; readonly port: number }
  readonly checks: readonly ReadinessCheck[]
  /** Without it there is no `/metrics`. */
  readonly metrics?: Pick<Metrics, 'contentType' | 'render'> | undefined
  readonly log: Logger
}

export interface Telemetry {
  /** Listens; returns the port that was really taken. @throws UnavailableError PORT_TAKEN */
  start(): Promise<number>
  /** From now on not ready: a load balancer sends no new senders. */
  drain(): void
  stop(): Promise<void>
}

interface Verdict {
  readonly name: string
  readonly ok: boolean
  readonly why?: string
}

const deadlineMs = 5000

async function judge({ name, check }: ReadinessCheck): Promise<Verdict> {
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(() => reject(new Error(`no answer within ${deadlineMs} ms`)), deadlineMs)
  })
  try {
    await Promise.race([check(), late])
    return { name, ok: true }
  } catch (error) {
    return { name, ok: false, why: toError(error).message }
  } finally {
    clearTimeout(timer)
  }
}

/** Serves `/metrics`, `/livez` and `/readyz` (also as `/healthz`); with `?verbose` each check is told as JSON. */
export function createTelemetry({ settings, checks, metrics, log }: TelemetryParts): Telemetry {
  let isDraining = false

  async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const url = new URL(request.url ?? '/', 'http://localhost')
    const send = (status: number, body: unknown) => {
      const text = url.searchParams.has('verbose')
        ? `${JSON.stringify(body)}\n`
        : status === 200
          ? 'ok\n'
          : 'not ok\n'
      response
        .writeHead(status, {
          'content-type': 'text/plain; charset=utf-8',
          'cache-control': 'no-store',
        })
        .end(text)
    }
    if (request.method !== 'GET' && request.method !== 'HEAD') {
      send(405, { ok: false })
      return
    }
    if (url.pathname === '/livez') {
      send(200, { ok: true })
      return
    }
    if (url.pathname === '/metrics' && metrics !== undefined) {
      const text = await metrics.render()
      response
        .writeHead(200, { 'content-type': metrics.contentType, 'cache-control': 'no-store' })
        .end(text)
      return
    }
    if (url.pathname !== '/readyz' && url.pathname !== '/healthz') {
      send(404, { ok: false })
      return
    }
    const verdicts = isDraining
      ? [{ name: 'draining', ok: false, why: 'the server is stopping' }]
      : await Promise.all(checks.map(judge))
    const ok = verdicts.every((verdict) => verdict.ok)
    send(ok ? 200 : 503, { ok, checks: verdicts })
  }

  const server = createServer((request, response) => {
    answer(request, response).catch((error: unknown) => {
      log.error('telemetry request failed', { err: error })
      response.destroy()
    })
  })
  server.requestTimeout = 10_000

  return {
    async start() {
      server.listen(settings.port, settings.host)
      try {
        await once(server, 'listening')
      } catch (cause) {
        throw new UnavailableError(
          'PORT_TAKEN',
          `The health endpoints cannot listen on ${settings.host}:${settings.port}.`,
          {
            hint: 'Choose another DOCKETDROP_TELEMETRY_PORT, or 0 for a free one.',
            cause,
          },
        )
      }
      return (server.address() as AddressInfo).port
    },
    drain() {
      isDraining = true
    },
    async stop() {
      if (!server.listening) return
      server.close()
      server.closeAllConnections()
      await once(server, 'close')
    },
  }
}
