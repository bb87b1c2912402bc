import { BlockList, isIP } from 'node:net'
import { ConfigError } from '../errors/index.ts'
import { toPlainAddress } from './networks.ts'

/** A set of networks from the settings. */
export interface NetworkList {
  readonly isEmpty: boolean
  contains(address: string): boolean
}

function invalid(setting: string, entry: string): ConfigError {
  return new ConfigError('CONFIG_INVALID', `${setting} has "${entry}", which is no network.`, {
    hint: 'Write addresses or networks such as 203.0.113.7, 198.51.100.0/24 or 2001:db8::/32, parted by commas.',
  })
}

function add(list: BlockList, setting: string, entry: string): void {
  const [address = '', prefix, ...more] = entry.split('/')
  const version = isIP(address)
  const longest = version === 4 ? 32 : 128
  const length = prefix === undefined ? longest : Number(prefix)
  const isLength = prefix === undefined || /^\d{1,3}$/.test(prefix)
  if (version === 0 || more.length > 0 || !isLength || length > longest)
    throw invalid(setting, entry)
  list.addSubnet(address, length, version === 4 ? 'ipv4' : 'ipv6')
}

/**
 * Reads the networks of a setting; the name of the setting is for the message.
 *
 * @throws ConfigError CONFIG_INVALID, naming the entry
 */
export function createNetworkList(setting: string, entries: readonly string[]): NetworkList {
  const list = new BlockList()
  for (const entry of entries) add(list, setting, entry)
  return {
    isEmpty: entries.length === 0,
    contains(address) {
      const plain = toPlainAddress(address)
      const version = isIP(plain)
      return version !== 0 && list.check(plain, version === 4 ? 'ipv4' : 'ipv6')
    },
  }
}
