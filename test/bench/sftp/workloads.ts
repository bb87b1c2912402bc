import { createHash, randomBytes } from 'node:crypto'
import { createReadStream } from 'node:fs'
import { mkdir, open, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { performance } from 'node:perf_hooks'
import { runSftp } from './client.ts'
import type { Door } from './client.ts'

/** How much is sent; the full size is what the issue names. */
export interface Sizes {
  readonly largeMiB: number
  readonly smallFiles: number
  readonly sessions: number
}

export const fullSizes: Sizes = { largeMiB: 512, smallFiles: 500, sessions: 40 }
export const quickSizes: Sizes = { largeMiB: 64, smallFiles: 100, sessions: 5 }

/** One kind of work: seconds that it takes a client at this door. */
export interface Workload {
  readonly name: string
  readonly title: string
  /** What is told per second: megabytes, files or sessions. */
  readonly unit: string
  readonly amount: number
  /** Bytes moved, for CPU seconds per GiB; undefined where that says nothing. */
  readonly bytes?: number
  /** Files that the server must have afterwards: size and SHA-256, each once. */
  readonly leaves: number
  run(door: Door, round: number): Promise<number>
}

/** Files on the client's side, made once. */
export interface Material {
  readonly folder: string
  readonly large: string
  readonly largeSha256: string
  readonly small: readonly string[]
  remove(): Promise<void>
}

const mebibyte = 1024 * 1024
const smallBytes = 20 * 1024

/** SHA-256 of a file, in hex. */
export async function hashFile(path: string): Promise<string> {
  const hash = createHash('sha256')
  for await (const chunk of createReadStream(path, { highWaterMark: mebibyte })) {
    hash.update(chunk as Buffer)
  }
  return hash.digest('hex')
}

/** Bytes that begin like no kind of file: chance must not send one the way of a damaged archive. */
function makeBytes(length: number): Buffer {
  const bytes = randomBytes(length)
  bytes.writeUInt8(0, 0)
  return bytes
}

/** Makes the files to send, in a folder that should lie in memory. */
export async function makeMaterial(folder: string, sizes: Sizes): Promise<Material> {
  await mkdir(folder, { recursive: true })
  const large = join(folder, 'large.bin')
  const file = await open(large, 'w')
  for (let at = 0; at < sizes.largeMiB; at += 1) await file.write(makeBytes(mebibyte))
  await file.close()
  const small: string[] = []
  for (let index = 0; index < sizes.smallFiles; index += 1) {
    const path = join(folder, `small-${index}.bin`)
    await writeFile(path, makeBytes(smallBytes))
    small.push(path)
  }
  return {
    folder,
    large,
    largeSha256: await hashFile(large),
    small,
    remove: () => rm(folder, { recursive: true, force: true }),
  }
}

/** The five kinds of work of reference/performance.md §H. */
export function createWorkloads(material: Material, sizes: Sizes): Workload[] {
  const { large, small, folder } = material
  const put = (from: string, door: Door, name: string) => `put ${from} ${door.uploads}/${name}\n`
  return [
    {
      name: 'upload',
      title: `one upload of ${sizes.largeMiB} MiB`,
      unit: 'MiB/s',
      amount: sizes.largeMiB,
      bytes: sizes.largeMiB * mebibyte,
      leaves: 1,
      run: (door, round) => runSftp(door, put(large, door, `large-${round}.bin`)),
    },
    {
      name: 'download',
      title: `one download of ${sizes.largeMiB} MiB`,
      unit: 'MiB/s',
      amount: sizes.largeMiB,
      bytes: sizes.largeMiB * mebibyte,
      leaves: 0,
      async run(door) {
        const to = join(folder, `got-${door.port}.bin`)
        const seconds = await runSftp(door, `get ${door.downloads}/large.bin ${to}\n`)
        if ((await hashFile(to)) !== material.largeSha256) throw new Error('download differs')
        await rm(to)
        return seconds
      },
    },
    {
      name: 'parallel',
      title: `4 uploads of ${sizes.largeMiB} MiB at once`,
      unit: 'MiB/s',
      amount: 4 * sizes.largeMiB,
      bytes: 4 * sizes.largeMiB * mebibyte,
      leaves: 4,
      async run(door, round) {
        const startedAt = performance.now()
        const one = (at: number) => runSftp(door, put(large, door, `parallel-${round}-${at}.bin`))
        await Promise.all([0, 1, 2, 3].map(one))
        return (performance.now() - startedAt) / 1000
      },
    },
    {
      name: 'small',
      title: `${sizes.smallFiles} files of 20 KiB in one session`,
      unit: 'files/s',
      amount: sizes.smallFiles,
      leaves: sizes.smallFiles,
      run: (door, round) =>
        runSftp(
          door,
          small.map((from, at) => put(from, door, `small-${round}-${at}.bin`)).join(''),
        ),
    },
    {
      name: 'sessions',
      title: `${sizes.sessions} sessions of one file, one after another`,
      unit: 'sessions/s',
      amount: sizes.sessions,
      leaves: sizes.sessions,
      async run(door, round) {
        let seconds = 0
        for (let at = 0; at < sizes.sessions; at += 1) {
          const from = small[at % small.length] ?? ''
          seconds += await runSftp(door, put(from, door, `session-${round}-${at}.bin`))
        }
        return seconds
      },
    },
  ]
}
