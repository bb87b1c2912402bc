import type { Peer } from './peers.ts'
import type { Material, Workload } from './workloads.ts'

/** What was measured of one peer at one kind of work, round by round. */
export interface Measured {
  readonly peer: string
  readonly seconds: number[]
  /** CPU seconds of the server until nothing was left to do. */
  readonly cpuSeconds: number[]
  readonly peakBytes: number[]
}

/**
 * Lets the peers do the same work in turns: one round to warm up, then `rounds` that count. Each result is checked before its
 * time counts.
 */
export async function compare(
  peers: readonly Peer[],
  workload: Workload,
  material: Material,
  rounds: number,
  tell: (line: string) => void,
): Promise<Measured[]> {
  const measured = peers.map(({ name }) => ({
    peer: name,
    seconds: [] as number[],
    cpuSeconds: [] as number[],
    peakBytes: [] as number[],
  }))
  for (let round = 0; round <= rounds; round += 1) {
    const figures: string[] = []
    for (const [at, peer] of peers.entries()) {
      const cpuBefore = peer.watch.cpuSeconds()
      peer.watch.resetPeak()
      const seconds = await workload.run(peer.door, round)
      await peer.settle(workload.leaves, material)
      const cpu = peer.watch.cpuSeconds() - cpuBefore
      figures.push(
        `${peer.name} ${(workload.amount / seconds).toFixed(1)} (cpu ${cpu.toFixed(2)} s)`,
      )
      if (round === 0) continue
      measured[at]?.seconds.push(seconds)
      measured[at]?.cpuSeconds.push(cpu)
      measured[at]?.peakBytes.push(peer.watch.peakBytes())
    }
    tell(
      `  ${workload.name} ${round === 0 ? 'warm-up' : round}: ${figures.join('  ')} ${workload.unit}`,
    )
  }
  return measured
}
