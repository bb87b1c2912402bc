import { isIPv4, isIPv6 } from 'node:net'

/** What stands at the beginning of a connection that comes through a load balancer. */
export type ProxyHeader =
  | { readonly kind: 'incomplete' }
  | { readonly kind: 'malformed'; readonly why: string }
  | {
      readonly kind: 'complete'
      /** Bytes of the header, with everything that is skipped. */
      readonly length: number
      /** Who really connects; undefined when the balancer speaks for itself, as in its health checks. */
      readonly source: { readonly address: string; readonly port: number } | undefined
    }

const signature = Buffer.from('\r\n\r\n\0\r\nQUIT\n', 'latin1')
const textStart = Buffer.from('PROXY ', 'latin1')
/** Longest line of version 1, with its line end. */
const maxLine = 107
/** Longest header of version 2: far more than the extras of any known balancer. */
const maxBinary = 4096
const lineForm = /^PROXY (TCP4|TCP6) ([0-9a-fA-F.:]+) ([0-9a-fA-F.:]+) (\d{1,5}) (\d{1,5})$/

const incomplete: ProxyHeader = { kind: 'incomplete' }

function malformed(why: string): ProxyHeader {
  return { kind: 'malformed', why }
}

function startsAs(bytes: Buffer, start: Buffer): boolean {
  const length = Math.min(bytes.length, start.length)
  return bytes.subarray(0, length).equals(start.subarray(0, length))
}

function parseLine(bytes: Buffer): ProxyHeader {
  const end = bytes.subarray(0, maxLine).indexOf('\r\n')
  if (end === -1) return bytes.length < maxLine ? incomplete : malformed('the line does not end')
  const line = bytes.toString('latin1', 0, end)
  const length = end + 2
  if (/^PROXY UNKNOWN( |$)/.test(line)) return { kind: 'complete', length, source: undefined }
  const [, family, address = '', , port] = lineForm.exec(line) ?? []
  const isAddress = family === 'TCP4' ? isIPv4(address) : isIPv6(address)
  if (family === undefined || !isAddress || Number(port) > 65_535)
    return malformed('the line cannot be read')
  return { kind: 'complete', length, source: { address, port: Number(port) } }
}

function toIPv6(bytes: Buffer): string {
  const groups = Array.from({ length: 8 }, (_, at) => bytes.readUInt16BE(at * 2).toString(16))
  // The URL parser shortens as RFC 5952 wants it.
  return new URL(`http://[${groups.join(':')}]`).hostname.slice(1, -1)
}

function parseBinary(bytes: Buffer): ProxyHeader {
  if (bytes.length < 16) return incomplete
  const command = bytes.readUInt8(12)
  const family = bytes.readUInt8(13)
  const length = 16 + bytes.readUInt16BE(14)
  if (command !== 0x20 && command !== 0x21) return malformed('the version or command is not known')
  if (length > maxBinary) return malformed('it is too long')
  if (bytes.length < length) return incomplete
  if (command === 0x20 || family === 0x00) return { kind: 'complete', length, source: undefined }
  const body = bytes.subarray(16, length)
  if (family === 0x11 && body.length >= 12) {
    const address = [...body.subarray(0, 4)].join('.')
    return { kind: 'complete', length, source: { address, port: body.readUInt16BE(8) } }
  }
  if (family === 0x21 && body.length >= 36) {
    const address = toIPv6(body.subarray(0, 16))
    return { kind: 'complete', length, source: { address, port: body.readUInt16BE(32) } }
  }
  return malformed('the kind of address is not TCP, or the address is cut off')
}

/**
 * Reads the PROXY header, version 1 or 2, at the beginning of the bytes (haproxy's doc/proxy-protocol.txt).
 *
 * Anything else than a beginning header is `malformed` at the first byte that tells. Extras (TLVs) are skipped.
 */
export function parseProxyHeader(bytes: Buffer): ProxyHeader {
  if (startsAs(bytes, signature)) return parseBinary(bytes)
  if (startsAs(bytes, textStart)) return parseLine(bytes)
  return malformed('there is none')
}
