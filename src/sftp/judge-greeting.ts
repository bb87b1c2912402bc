/** What the first bytes of a connection are. */
export type Greeting = 'incomplete' | 'complete' | 'garbage' | 'proxy-header'

/** RFC 4253 §4.2: with its line end. */
const maxGreetingBytes = 255
const start = Buffer.from('SSH-', 'latin1')
const form = /^SSH-(2\.0|1\.99)-[\x21-\x7e]+( [^\r\n]*)?\r?\n$/
const proxyStarts = [Buffer.from('PROXY ', 'latin1'), Buffer.from('\r\n\r\n\0\r\nQUIT\n', 'latin1')]

/** Judges the first line of a client: an SSH greeting, or something that has no business here. Never keeps more than 255 bytes waiting. */
export function judgeGreeting(bytes: Buffer): Greeting {
  if (proxyStarts.some((one) => bytes.length >= 6 && one.indexOf(bytes.subarray(0, 6)) === 0))
    return 'proxy-header'
  const end = bytes.subarray(0, maxGreetingBytes).indexOf(0x0a)
  if (end !== -1) return form.test(bytes.toString('latin1', 0, end + 1)) ? 'complete' : 'garbage'
  const length = Math.min(bytes.length, start.length)
  const isStart = bytes.subarray(0, length).equals(start.subarray(0, length))
  // The beginning of a header of either kind: the next bytes will tell.
  const mayBeHeader = bytes.length < 6 && proxyStarts.some((one) => one.indexOf(bytes) === 0)
  if (mayBeHeader) return 'incomplete'
  return isStart && bytes.length < maxGreetingBytes ? 'incomplete' : 'garbage'
}
