import { isIP } from 'node:net'
import { UsageError } from '../errors/index.ts'

function isNetwork(text: string): boolean {
  const [address = '', length, more] = text.split('/')
  const family = isIP(address)
  if (family === 0 || more !== undefined || address.includes('%')) return false
  if (length === undefined) return true
  return /^\d{1,3}$/.test(length) && Number(length) <= (family === 4 ? 32 : 128)
}

/** Networks in CIDR form; a single address becomes its /32 or /128. @throws UsageError USAGE_INVALID naming the one that is none */
export function assertNetworks(networks: readonly string[]): string[] {
  const clean = networks.map((network) => network.trim().toLowerCase())
  const wrong = clean.find((network) => !isNetwork(network))
  if (wrong !== undefined)
    throw new UsageError(
      'USAGE_INVALID',
      `${JSON.stringify(wrong.slice(0, 60))} is not a network.`,
      { hint: 'Write addresses or networks such as 203.0.113.7 or 203.0.113.0/24.' },
    )
  const full = clean.map((network) => {
    if (network.includes('/')) return network
    return `${network}/${isIP(network) === 4 ? 32 : 128}`
  })
  return [...new Set(full)]
}
