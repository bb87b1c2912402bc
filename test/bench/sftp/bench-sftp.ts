import { mkdtemp, rm } from 'node:fs/promises'
import { existsSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { askVersion, describeMachine, writeSection } from '../write-section.ts'
import { formatSpread, toRatios, toSpread } from '../ratios.ts'
import { compare } from './compare.ts'
import type { Measured } from './compare.ts'
import { startProftpd, startRclone } from './other-peers.ts'
import { startDocketdrop, startSshd } from './peers.ts'
import type { Peer } from './peers.ts'
import { createWorkloads, fullSizes, makeMaterial, quickSizes } from './workloads.ts'
import type { Material, Sizes, Workload } from './workloads.ts'

const sameAlgorithms = ['Ciphers aes128-gcm@openssh.com', 'KexAlgorithms curve25519-sha256']

const memory = existsSync('/dev/shm') ? '/dev/shm' : tmpdir()
const withoutBinding = `--require=${join(import.meta.dirname, 'without-binding.cjs')}`

/** What differs between the tables: where the homes lie, and what the server does without. */
const tables = {
  memory: { title: 'Homes in memory', place: memory, flags: [] },
  disk: { title: 'Homes on disk', place: tmpdir(), flags: [] },
  'without-binding': {
    title: 'Homes in memory, without the compiled part of ssh2',
    place: memory,
    flags: [withoutBinding],
  },
} as const
type TableName = keyof typeof tables

interface Options {
  readonly only: readonly string[]
  readonly rounds: number
  readonly sizes: Sizes
  readonly flags: readonly string[]
}

const tell = (line: string) => process.stdout.write(`${line}\n`)

async function startPeers(
  folder: string,
  material: Material,
  flags: readonly string[],
): Promise<Peer[]> {
  const peers = [
    await startDocketdrop(join(folder, 'ours'), material, flags),
    await startSshd('sshd', join(folder, 'sshd'), material),
    await startSshd('sshd, our algorithms', join(folder, 'same'), material, sameAlgorithms),
  ]
  for (const start of [startRclone, startProftpd]) {
    const peer = await start(folder, material)
    if (typeof peer === 'string') tell(`not run here: ${peer}`)
    else peers.push(peer)
  }
  return peers
}

/** A row of the table for each peer, and one for memory. */
function toRows(workload: Workload, measured: readonly Measured[], idle: number): string[] {
  const [ours, ...others] = measured
  if (ours === undefined) return []
  const rows = others.map((other) => {
    const faster = formatSpread(toRatios(other.seconds, ours.seconds))
    const cpu = formatSpread(toRatios(ours.cpuSeconds, other.cpuSeconds))
    return `| ${workload.title} | ${other.peer} | ${faster} | ${workload.bytes === undefined ? '' : cpu} |`
  })
  const peak = toSpread(ours.peakBytes).max
  const mebibytes = ((peak - idle) / 1024 / 1024).toFixed(0)
  return [...rows, `| ${workload.title} | memory above idle | ${mebibytes} MiB | |`]
}

async function runTable(name: TableName, options: Options): Promise<string[]> {
  const { title, place, flags } = tables[name]
  const { only, rounds, sizes } = options
  tell(`${title}:`)
  const folder = await mkdtemp(join(place, 'dd-bench-'))
  const material = await makeMaterial(join(memory, `dd-material-${process.pid}`), sizes)
  const peers = await startPeers(folder, material, [...flags, ...options.flags])
  const rows: string[] = []
  try {
    const idle = peers[0]?.watch.bytesNow() ?? 0
    for (const workload of createWorkloads(material, sizes)) {
      if (only.length > 0 && !only.includes(workload.name)) continue
      const measured = await compare(peers, workload, material, rounds, tell)
      const added = toRows(workload, measured, idle)
      added.forEach(tell)
      rows.push(...added)
    }
  } finally {
    for (const peer of peers) await peer.stop()
    await material.remove()
    await rm(folder, { recursive: true, force: true })
  }
  const head = ['| work | beside | times as fast | times its CPU |', '| --- | --- | --- | --- |']
  return [`### ${title}`, '', ...head, ...rows, '']
}

function isTable(name: string): name is TableName {
  return name in tables
}

/** The SFTP layer beside OpenSSH's server, rclone and ProFTPD. */
export async function benchSftp(args: readonly string[]): Promise<void> {
  const { values } = parseArgs({
    args: [...args],
    options: {
      only: { type: 'string', multiple: true, default: [] },
      table: { type: 'string', multiple: true, default: Object.keys(tables) },
      rounds: { type: 'string', default: '5' },
      quick: { type: 'boolean', default: false },
      write: { type: 'boolean', default: false },
      'node-flag': { type: 'string', multiple: true, default: [] },
    },
  })
  if (!existsSync('/usr/sbin/sshd')) {
    tell('not run here: sshd is not installed (openssh-server)')
    return
  }
  const options = {
    only: values.only,
    rounds: Number(values.rounds),
    sizes: values.quick ? quickSizes : fullSizes,
    flags: values['node-flag'],
  }
  const lines: string[] = []
  for (const name of values.table.filter(isTable)) lines.push(...(await runTable(name, options)))
  if (!values.write) return
  const versions = [
    askVersion('ssh', '-V'),
    askVersion('rclone', 'version'),
    askVersion('proftpd', '-v'),
  ]
  const machine = describeMachine(versions)
  const what = `The client is OpenSSH's sftp with its defaults; ${options.rounds} rounds and one to warm up. Everything that the product does with a file (hash, evidence, journal, rows, audit) is switched on and counted, to its refusal by the importer.`
  writeSection('sftp', ['## SFTP', '', machine, '', what, '', ...lines])
}
