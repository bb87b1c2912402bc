import { execFile } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'

/** How a file was read by a process of its own. */
export interface ProcessReading {
  /** What the end of the file said, before it was read. */
  readonly verdict: string
  readonly rows: number
  readonly filled: number
  readonly problems: number
  /** Of the error that ended the reading; null when it came to its end. */
  readonly code: string | null
  readonly ms: number
}

const program = fileURLToPath(new URL('./read-program.ts', import.meta.url))

/**
 * Examines and reads a file as the server does, in a process whose heap is no larger than `heapMb`; a reader that keeps what it
 * reads cannot live in it.
 */
export async function readInProcess(
  path: string,
  fileName: string,
  heapMb = 96,
): Promise<ProcessReading> {
  const flags = ['--import', 'tsx', `--max-old-space-size=${heapMb}`]
  const { stdout } = await promisify(execFile)(process.execPath, [
    ...flags,
    program,
    path,
    fileName,
  ])
  return JSON.parse(stdout) as ProcessReading
}
