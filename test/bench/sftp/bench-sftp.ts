import { mkdtemp, rm } from 'node:fs/promises'
import { existsSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { formatSpread, toRatios, toSpread } from '../ratios.ts'
import { compare } from './compare.ts'
import { startDocketdrop, startSshd } from './peers.ts'
import { createWorkloads, fullSizes, makeMaterial, quickSizes } from './workloads.ts'

const sameAlgorithms = ['Ciphers aes128-gcm@openssh.com', 'KexAlgorithms curve25519-sha256']

/** One table: where the homes lie, and the flags of Node.js for the server. */
async function runTable(
  place: string,
  nodeFlags: readonly string[],
  only: readonly string[],
  rounds: number,
  sizes: typeof fullSizes,
): Promise<void> {
  const tell = (line: string) => process.stdout.write(`${line}\n`)
  const folder = await mkdtemp(join(place, 'dd-bench-'))
  const material = await makeMaterial(join('/dev/shm', `dd-material-${process.pid}`), sizes)
  const peers = [
    await startDocketdrop(join(folder, 'ours'), material, nodeFlags),
    await startSshd('sshd', join(folder, 'sshd'), material),
    await startSshd('sshd same algorithms', join(folder, 'same'), material, sameAlgorithms),
  ]
  try {
    const idle = peers[0]?.watch.bytesNow() ?? 0
    for (const workload of createWorkloads(material, sizes)) {
      if (only.length > 0 && !only.includes(workload.name)) continue
      const [ours, ...others] = await compare(peers, workload, material, rounds, tell)
      if (ours === undefined) continue
      for (const other of others) {
        const faster = toRatios(other.seconds, ours.seconds)
        const cpu = toRatios(ours.cpuSeconds, other.cpuSeconds)
        tell(
          `${workload.title}: ${formatSpread(faster)} x ${other.peer}, cpu ${formatSpread(cpu)} x`,
        )
      }
      const peak = toSpread(ours.peakBytes)
      tell(`  memory above idle ${((peak.max - idle) / 1024 / 1024).toFixed(0)} MiB`)
    }
  } finally {
    for (const peer of peers) await peer.stop()
    await material.remove()
    await rm(folder, { recursive: true, force: true })
  }
}

/** The SFTP layer beside OpenSSH's server. */
export async function benchSftp(args: readonly string[]): Promise<void> {
  const { values } = parseArgs({
    args: [...args],
    options: {
      only: { type: 'string', multiple: true, default: [] },
      rounds: { type: 'string', default: '5' },
      quick: { type: 'boolean', default: false },
      place: { type: 'string' },
      'node-flag': { type: 'string', multiple: true, default: [] },
    },
  })
  if (!existsSync('/usr/sbin/sshd')) {
    process.stdout.write('not run here: sshd is not installed (openssh-server)\n')
    return
  }
  const sizes = values.quick ? quickSizes : fullSizes
  await runTable(
    values.place ?? (existsSync('/dev/shm') ? '/dev/shm' : tmpdir()),
    values['node-flag'],
    values.only,
    Number(values.rounds),
    sizes,
  )
}
