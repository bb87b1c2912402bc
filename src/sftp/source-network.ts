import { isIP } from 'node:net'
import { toPlainAddress } from './networks.ts'

/** The first four groups of an IPv6 address, without leading zeros. */
function firstGroups(address: string): string[] {
  const [head = '', tail = ''] = address.split('::')
  const before = head === '' ? [] : head.split(':')
  const after = tail === '' ? [] : tail.split(':')
  // A dotted end stands for two groups; only its place counts here, since it is never among the first four.
  const last = after.at(-1)?.includes('.') === true ? 1 : 0
  const zeros = Array<string>(Math.max(0, 8 - before.length - after.length - last)).fill('0')
  const all = address.includes('::') ? [...before, ...zeros, ...after] : before
  return all.slice(0, 4).map((group) => parseInt(group, 16).toString(16))
}

/**
 * What counts as one source of connections: an IPv4 address, or the /64 network of an IPv6 address, since one machine
 * has as many addresses of it as it likes. A network as it is given here stays the same.
 *
 * @returns undefined for what is not an address
 */
export function toSourceNetwork(address: string): string | undefined {
  const plain = toPlainAddress(address.trim().replace(/\/64$/, '').replace(/%.*$/, ''))
  const version = isIP(plain)
  if (version === 0) return undefined
  if (version === 4) return plain
  return `${firstGroups(plain).join(':')}::/64`
}
