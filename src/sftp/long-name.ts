import type { Attributes } from './codec/attributes.ts'

const months = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec']
const halfYearMs = 182 * 24 * 60 * 60 * 1000

function toPermissions(mode: number): string {
  const letters = Array.from('rwxrwxrwx')
  const bits = letters.map((letter, index) => (mode & (0o400 >> index) ? letter : '-'))
  return `${(mode & 0o170000) === 0o040000 ? 'd' : '-'}${bits.join('')}`
}

/** `Nov 23 21:05`, or the year instead of the time when it is further than half a year away. */
function toDay(date: Date, now: Date): string {
  const day = `${months[date.getUTCMonth()] ?? ''} ${String(date.getUTCDate()).padStart(2)}`
  const isNear = Math.abs(now.getTime() - date.getTime()) < halfYearMs
  return isNear ? `${day} ${date.toISOString().slice(11, 16)}` : `${day}  ${date.getUTCFullYear()}`
}

/**
 * A line in the style of `ls -l`, times in UTC. OpenSSH shows it as it is; FileZilla and WinSCP parse it.
 */
export function formatLongName(name: string, attributes: Attributes, now: Date): string {
  return [
    toPermissions(attributes.mode),
    '   1',
    'docket  ',
    'docket  ',
    String(attributes.size).padStart(11),
    toDay(attributes.modifiedAt, now),
    name,
  ].join(' ')
}
