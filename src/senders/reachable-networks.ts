import { BlockList, isIP, isIPv6 } from 'node:net'
import { ConfigError } from '../errors/index.ts'

/** What may be dialled on behalf of somebody who names an address. */
export interface ReachableNetworks {
  /** `public`: everybody's Internet. `private`: one of the operator's own networks, listed by them. Undefined: not to be dialled. */
  judge(address: string): 'public' | 'private' | undefined
}

/** Never, whatever is listed: this host by its nought address, link-local with the metadata services of clouds, multicast, broadcast. */
const never = [
  ['0.0.0.0', 8],
  ['169.254.0.0', 16],
  ['224.0.0.0', 3],
  ['::', 128],
  ['fe80::', 10],
  ['ff00::', 8],
  ['fd00:ec2::254', 128],
] as const

/** Only where listed: loopback, private and shared networks, those of documentation and tests, and ways to reach them by IPv6 (IANA special-purpose registries). */
const notPublic = [
  ['10.0.0.0', 8],
  ['100.64.0.0', 10],
  ['127.0.0.0', 8],
  ['172.16.0.0', 12],
  ['192.0.0.0', 24],
  ['192.0.2.0', 24],
  ['192.168.0.0', 16],
  ['198.18.0.0', 15],
  ['198.51.100.0', 24],
  ['203.0.113.0', 24],
  ['::1', 128],
  ['64:ff9b::', 96],
  ['64:ff9b:1::', 48],
  ['100::', 64],
  ['2001::', 23],
  ['2001:db8::', 32],
  ['2002::', 16],
  ['fc00::', 7],
] as const

const kindOf = (address: string) => (isIPv6(address) ? 'ipv6' : 'ipv4')

function toList(networks: Iterable<readonly [address: string, bits: number]>): BlockList {
  const list = new BlockList()
  for (const [address, bits] of networks) list.addSubnet(address, bits, kindOf(address))
  return list
}

function parseNetwork(text: string): [string, number] {
  const [address = '', bits, ...rest] = text.split('/')
  const most = isIPv6(address) ? 128 : 32
  const length = bits === undefined ? most : Number(bits)
  const isLength = /^\d+$/.test(bits ?? '0') && length <= most
  if (isIP(address) !== 0 && rest.length === 0 && isLength) return [address, length]
  throw new ConfigError('CONFIG_INVALID', `webhook.privateNetworks: ${text} is no network.`, {
    hint: 'Write networks as 10.1.0.0/16 or fd12:3456::/32.',
  })
}

/** An IPv4 address in IPv6 dress (`::ffff:10.0.0.1`) as what it is. */
function undress(address: string): string {
  const dressed = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/i.exec(address)?.[1]
  if (dressed !== undefined) return dressed
  const [, high, low] = /^::ffff:([0-9a-f]{1,4}):([0-9a-f]{1,4})$/i.exec(address) ?? []
  if (high === undefined || low === undefined) return address
  const number = Number.parseInt(high, 16) * 0x10000 + Number.parseInt(low, 16)
  return [24, 16, 8, 0].map((shift) => (number >>> shift) & 0xff).join('.')
}

/** The rules with the operator's own networks. @throws ConfigError CONFIG_INVALID */
export function createReachableNetworks(privateNetworks: readonly string[]): ReachableNetworks {
  const closed = toList(never)
  const special = toList(notPublic)
  const own = toList(privateNetworks.map(parseNetwork))
  return {
    judge(given) {
      const address = undress(given)
      if (isIP(address) === 0) return undefined
      const kind = kindOf(address)
      if (closed.check(address, kind)) return undefined
      if (own.check(address, kind)) return 'private'
      return special.check(address, kind) ? undefined : 'public'
    },
  }
}
