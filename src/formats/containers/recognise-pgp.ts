/** First versions or kinds of the packets that an OpenPGP message may begin with, by tag (RFC 9580 §5, and tag 20 of older GnuPG). */
const beginnings: ReadonlyMap<number, readonly number[]> = new Map([
  [1, [2, 3, 6]],
  [3, [4, 5, 6]],
  [4, [3, 6]],
  [8, [0, 1, 2, 3]],
  [18, [1, 2]],
  [20, [1]],
])

/**
 * Do these first bytes begin an OpenPGP message, armored or not?
 *
 * A packet's header alone could be a letter of windows-1252; the byte behind it is then a control character, which text never has there.
 */
export function isPgpMessage(head: Buffer): boolean {
  return readArmor(head) !== undefined || beginsPacket(head)
}

/** What the first line of an armored file says it is, such as `MESSAGE` (RFC 9580 §6.2); undefined where it is not armored. */
export function readArmor(head: Buffer): string | undefined {
  const start = head.subarray(0, 256).toString('latin1')
  return /^(?:\xef\xbb\xbf)?\s*-----BEGIN PGP ([A-Z ]+)-----/.exec(start)?.[1]
}

function beginsPacket(head: Buffer): boolean {
  const [first = 0, second = 0] = head
  if ((first & 0x80) === 0) return false
  const isNew = (first & 0x40) !== 0
  const tag = isNew ? first & 0x3f : (first >> 2) & 0x0f
  const lengthBytes = isNew ? newLengthBytes(second) : [1, 2, 4, 0][first & 3]
  const version = head[1 + (lengthBytes ?? 0)]
  return version !== undefined && (beginnings.get(tag)?.includes(version) ?? false)
}

/** RFC 9580 §4.2.1; partial lengths take one byte. */
function newLengthBytes(second: number): number {
  if (second < 192 || (second >= 224 && second < 255)) return 1
  return second === 255 ? 5 : 2
}
