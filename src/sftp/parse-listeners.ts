import type { Config } from '../config/index.ts'
import { ConfigError } from '../errors/index.ts'

type Profile = Config['sftp']['profile']

/** Where the SFTP server listens, and how. */
export interface ListenerPlan {
  readonly host: string
  /** 0 picks a free one. */
  readonly port: number
  readonly profile: Profile
  /** Load balancers of `sftp.proxyFrom` tell there who connects. */
  readonly isProxied: boolean
}

const profiles: readonly Profile[] = ['default', 'strict', 'fips', 'legacy']
const form = /^(?:\[([0-9a-fA-F:.]+)\]|([^\s:[\]=+]+)):(\d{1,5})=([a-z]+)(\+proxy)?$/

function invalid(entry: string, why: string): ConfigError {
  return new ConfigError('CONFIG_INVALID', `sftp.moreListeners has "${entry}": ${why}.`, {
    hint: `Write host:port=profile, such as 0.0.0.0:2222=legacy or [::]:2022=default+proxy; profiles: ${profiles.join(', ')}.`,
  })
}

function parseListener(entry: string): ListenerPlan {
  const [, ipv6, name, portText, profileText, proxy] = form.exec(entry) ?? []
  const host = ipv6 ?? name
  if (host === undefined) throw invalid(entry, 'this is not host:port=profile')
  const port = Number(portText)
  if (port > 65_535) throw invalid(entry, 'there is no such port')
  const profile = profiles.find((one) => one === profileText)
  if (profile === undefined) throw invalid(entry, `there is no profile "${profileText ?? ''}"`)
  return { host, port, profile, isProxied: proxy !== undefined }
}

/**
 * All listeners of the settings, the main one first.
 *
 * @throws ConfigError CONFIG_INVALID, naming the entry
 */
export function parseListeners(
  settings: Pick<Config['sftp'], 'host' | 'port' | 'profile' | 'moreListeners' | 'proxyFrom'>,
): ListenerPlan[] {
  const { host, port, profile, moreListeners, proxyFrom } = settings
  const more = moreListeners.map(parseListener)
  const places = new Set([`${host}:${port}`])
  for (const [at, plan] of more.entries()) {
    const entry = moreListeners[at] ?? ''
    if (plan.isProxied && proxyFrom.length === 0)
      throw invalid(entry, 'sftp.proxyFrom does not say whose header is to be believed')
    const place = `${plan.host}:${plan.port}`
    if (plan.port !== 0 && places.has(place))
      throw invalid(entry, 'another listener has this host and port')
    places.add(place)
  }
  return [{ host, port, profile, isProxied: false }, ...more]
}
