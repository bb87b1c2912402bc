import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { openTable } from '../../src/formats/index.ts'
import type { Detected, RawRow, ReadOptions } from '../../src/formats/index.ts'

export interface TempFiles {
  /** Writes a file and gives its path; each call another one. */
  write(content: string | Uint8Array, name?: string): Promise<string>
}

/** A folder of its own for the tests of one `describe`, gone afterwards. */
export function useTempFiles(): TempFiles {
  let folder = ''
  let count = 0
  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'docketdrop-formats-'))
  })
  after(() => rm(folder, { recursive: true, force: true }))
  return {
    async write(content, name = 'file.csv') {
      count += 1
      const path = join(folder, `${count}-${name}`)
      await writeFile(path, content)
      return path
    },
  }
}

export interface Table {
  readonly detected: Detected
  readonly rows: readonly RawRow[]
  readonly sha256: string
}

/** Reads a whole file. */
export async function readTable(path: string, options: Partial<ReadOptions> = {}): Promise<Table> {
  const reader = await openTable(path, options)
  try {
    const rows: RawRow[] = []
    for await (const batch of reader.batches()) rows.push(...batch)
    return { detected: reader.detected, rows, sha256: await reader.sha256() }
  } finally {
    await reader.close()
  }
}

/** Only the cells. */
export async function readCells(
  path: string,
  options: Partial<ReadOptions> = {},
): Promise<readonly (readonly string[])[]> {
  return (await readTable(path, options)).rows.map(({ cells }) => cells)
}
