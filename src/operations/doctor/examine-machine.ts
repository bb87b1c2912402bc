import { readFileSync } from 'node:fs'
import { createFinding } from './finding.ts'
import type { Finding } from './finding.ts'

/** What is looked at of a process. */
export interface Machine {
  readonly versions: { readonly node: string }
  readonly platform: string
}

const fewWatches = 8192

function examineNode({ versions }: Machine): Finding {
  const [major = 0, minor = 0] = versions.node.split('.').map(Number)
  const isEnough = major > 20 || (major === 20 && minor >= 19)
  return isEnough
    ? createFinding('machine.node', 'ok', `Node.js ${versions.node}`)
    : createFinding(
        'machine.node',
        'fail',
        `Node.js ${versions.node}; 20.19 or newer is needed.`,
        'Install a newer Node.js, best the version in .nvmrc.',
      )
}

function offsetOf(timeZone: string, at: string): string {
  const format = new Intl.DateTimeFormat('en-US', { timeZone, timeZoneName: 'longOffset' })
  return format.formatToParts(new Date(at)).find(({ type }) => type === 'timeZoneName')?.value ?? ''
}

/** Zones whose rules are known to whoever has the data: with summer time, without, and half an hour off. */
const knownOffsets = [
  ['America/Chicago', '2027-01-15T12:00:00Z', 'GMT-06:00'],
  ['America/Chicago', '2027-07-15T12:00:00Z', 'GMT-05:00'],
  ['America/Phoenix', '2027-07-15T12:00:00Z', 'GMT-07:00'],
  ['America/St_Johns', '2027-01-15T12:00:00Z', 'GMT-03:30'],
] as const

function examineZones(): Finding {
  const wrong = knownOffsets.filter(([zone, at, expected]) => {
    try {
      return offsetOf(zone, at) !== expected
    } catch {
      // a zone that Intl does not know is what is looked for
      return true
    }
  })
  return wrong.length === 0
    ? createFinding('machine.time-zones', 'ok', 'Time zone data is there.')
    : createFinding(
        'machine.time-zones',
        'fail',
        `Node.js does not know the rules of ${wrong.map(([zone]) => zone).join(', ')}.`,
        'Install a Node.js with full ICU data; unset NODE_ICU_DATA.',
      )
}

/** The limit of inotify; undefined on machines that have no such thing. */
function readWatches(): number | undefined {
  try {
    return Number(readFileSync('/proc/sys/fs/inotify/max_user_watches', 'utf8'))
  } catch {
    return undefined
  }
}

function examineWatches(watches = readWatches()): Finding[] {
  if (watches === undefined) return []
  return [
    watches >= fewWatches
      ? createFinding('machine.watches', 'ok', `${watches} folders can be watched.`)
      : createFinding(
          'machine.watches',
          'warn',
          `Only ${watches} folders can be watched (inotify); files that are copied into an inbox are then found by the scan alone.`,
          'Run: sysctl fs.inotify.max_user_watches=524288 and write it to /etc/sysctl.d/.',
        ),
  ]
}

/** The machine and its Node.js. */
export function examineMachine(machine: Machine): Finding[] {
  return [examineNode(machine), examineZones(), ...examineWatches()]
}
