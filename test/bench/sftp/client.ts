import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { performance } from 'node:perf_hooks'
import { sshOptions } from '../../support/serve.ts'

/** Where the client connects, and as whom. */
export interface Door {
  readonly port: number
  readonly user: string
  readonly key: string
  /** Folder for uploads, as the client names it. */
  readonly uploads: string
  /** Folder for downloads, as the client names it. */
  readonly downloads: string
}

const limitMs = 180_000

/**
 * Runs the system's sftp with a batch; gives the seconds from its start to its end.
 * @throws Error when it does not end with 0, or not within three minutes
 */
export async function runSftp(door: Door, batch: string): Promise<number> {
  const startedAt = performance.now()
  const child = spawn(
    'sftp',
    ['-q', '-b', '-', ...sshOptions(door.key), '-P', String(door.port), `${door.user}@127.0.0.1`],
    { stdio: ['pipe', 'ignore', 'pipe'] },
  )
  let stderr = ''
  child.stderr.on('data', (chunk: Buffer) => (stderr += String(chunk)))
  child.stdin.end(batch)
  const timer = setTimeout(() => child.kill('SIGKILL'), limitMs)
  const [code] = (await once(child, 'close')) as [number | null]
  clearTimeout(timer)
  if (code !== 0) throw new Error(`sftp to ${door.user}:${door.port} ended with ${code}: ${stderr}`)
  return (performance.now() - startedAt) / 1000
}
