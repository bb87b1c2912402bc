import { randomBytes } from 'node:crypto'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { formatSpread, toSpread } from '../ratios.ts'
import { runSftp } from '../sftp/client.ts'
import { makeMaterial } from './material.ts'
import { startServed } from './served.ts'
import type { ServedHome } from './served.ts'

const uploadBytes = 10 * 1024 * 1024
const limitMs = 1_800_000

/** Lag of the server's event loop since the last look, in milliseconds; its own clock of 10 ms is a part of it. */
async function readLag({ served }: ServedHome): Promise<{ p99: number; max: number }> {
  const answer = await fetch(`http://127.0.0.1:${served.telemetryPort}/metrics`)
  const text = await answer.text()
  const read = (name: string) =>
    Number(new RegExp(`^nodejs_eventloop_lag_${name}_seconds (\\S+)`, 'm').exec(text)?.[1]) * 1000
  return { p99: read('p99'), max: read('max') }
}

async function readState({ database }: ServedHome, fileName: string): Promise<string> {
  const row = await database.db('uploads').where({ file_name: fileName }).first('state')
  return String((row as { state?: string } | undefined)?.state)
}

/** An upload of another agency while a large import runs, against the same upload on the idle server. */
export async function benchBeside(
  rows: number,
  rounds: number,
  tell: (line: string) => void,
): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), 'dd-beside-'))
  const material = await makeMaterial(join(folder, 'material'), rows)
  const file = join(folder, 'scan.bin')
  await writeFile(file, randomBytes(uploadBytes))
  const house = await startServed([
    { name: 'large', reads: true },
    { name: 'other', reads: false },
  ])
  const { served, key } = house
  const door = { port: served.sftpPort, key: key.path, uploads: '/inbox', downloads: '/outbox' }
  let count = 0
  const upload = async () => {
    count += 1
    return runSftp({ ...door, user: 'other' }, `put ${file} /inbox/scan-${count}.bin\n`)
  }
  try {
    await upload()
    const idle: number[] = []
    for (let round = 0; round < rounds; round += 1) {
      idle.push(await upload())
      await sleep(300)
    }
    await runSftp({ ...door, user: 'large' }, `put ${material.base} /inbox/large.csv\n`)
    const until = Date.now() + limitMs
    while ((await readState(house, 'large.csv')) !== 'importing') {
      if (Date.now() > until) throw new Error('the import does not begin')
      await sleep(20)
    }
    await readLag(house)
    const busy: number[] = []
    while ((await readState(house, 'large.csv')) === 'importing') {
      busy.push(await upload())
      await sleep(300)
    }
    const { p99, max } = await readLag(house)
    const state = await readState(house, 'large.csv')
    if (state !== 'imported') throw new Error(`the large import ended as ${state}`)
    const usual = toSpread(idle)
    const ratios = toSpread(busy.map((seconds) => seconds / usual.median))
    tell(
      `10 MiB of another agency while ${rows} rows are imported: ${formatSpread(ratios)} x idle (${usual.median.toFixed(2)} s), ${busy.length} uploads`,
    )
    tell(`    event loop of the server: lag p99 ${p99.toFixed(0)} ms, most ${max.toFixed(0)} ms`)
  } finally {
    await house.stop()
    await rm(folder, { recursive: true })
  }
}
