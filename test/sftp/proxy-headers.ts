import { isIPv4 } from 'node:net'

const signature = Buffer.from([
  0x0d, 0x0a, 0x0d, 0x0a, 0x00, 0x0d, 0x0a, 0x51, 0x55, 0x49, 0x54, 0x0a,
])

/** The line that HAProxy's `send-proxy` writes. */
export function proxyV1(family: 'TCP4' | 'TCP6', address: string, port: number): Buffer {
  const local = family === 'TCP4' ? '10.0.0.1' : '::1'
  return Buffer.from(`PROXY ${family} ${address} ${local} ${port} 2022\r\n`)
}

function toBytes(address: string): Buffer {
  if (isIPv4(address)) return Buffer.from(address.split('.').map(Number))
  const [head = '', tail = ''] = address.split('::')
  const groups = (text: string) => (text === '' ? [] : text.split(':'))
  const zeros = Array<string>(8 - groups(head).length - groups(tail).length).fill('0')
  const all = [...groups(head), ...zeros, ...groups(tail)]
  return Buffer.from(all.map((group) => group.padStart(4, '0')).join(''), 'hex')
}

/** What AWS's network balancer, or HAProxy's `send-proxy-v2`, writes. */
export function proxyV2(given: {
  address: string
  port: number
  /** 0x21 PROXY, 0x20 LOCAL. */
  command?: number
  family?: number
  extras?: Buffer
}): Buffer {
  const source = toBytes(given.address)
  const ports = Buffer.alloc(4)
  ports.writeUInt16BE(given.port)
  ports.writeUInt16BE(2022, 2)
  const local = Buffer.alloc(source.length, 1)
  const body = Buffer.concat([source, local, ports, given.extras ?? Buffer.alloc(0)])
  const head = Buffer.alloc(4)
  head.writeUInt8(given.command ?? 0x21)
  head.writeUInt8(given.family ?? (source.length === 4 ? 0x11 : 0x21), 1)
  head.writeUInt16BE(body.length, 2)
  return Buffer.concat([signature, head, body])
}
