import { BlockList, isIP } from 'node:net'

/** An IPv4 address that came over an IPv6 socket (`::ffff:192.0.2.1`), as plain IPv4. */
export function toPlainAddress(address: string): string {
  return address.replace(/^::ffff:(?=\d+\.\d+\.\d+\.\d+$)/i, '')
}

function addNetwork(list: BlockList, network: string): void {
  const [address = '', prefix] = network.split('/')
  const version = isIP(address)
  const longest = version === 4 ? 32 : 128
  const length =
    prefix === undefined ? longest : /^\d{1,3}$/.test(prefix) ? Number(prefix) : Infinity
  if (version === 0 || length > longest) return
  list.addSubnet(address, length, version === 4 ? 'ipv4' : 'ipv6')
}

/** Whether the address lies in one of the CIDR networks. No networks means everywhere; one that cannot be read lets nobody in. */
export function isFromNetworks(address: string, networks: readonly string[]): boolean {
  if (networks.length === 0) return true
  const list = new BlockList()
  for (const network of networks) addNetwork(list, network)
  const plain = toPlainAddress(address)
  return isIP(plain) !== 0 && list.check(plain, isIP(plain) === 4 ? 'ipv4' : 'ipv6')
}
