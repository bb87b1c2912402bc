import { spawnSync } from 'node:child_process'
import {
  chmodSync,
  closeSync,
  existsSync,
  ftruncateSync,
  mkdtempSync,
  openSync,
  rmSync,
  statfsSync,
  writeFileSync,
  writeSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

/** A disk of its own, so small that a test can fill it. */
export interface SmallDisk {
  readonly path: string
  /** Takes all room but so many bytes, rounded down to blocks. */
  fill(leave?: number): void
  /** Gives the room back. */
  clear(): void
  free(): number
  remove(): void
}

function run(program: string, ...args: readonly string[]): string | undefined {
  const { status, stderr, error } = spawnSync(program, args, { encoding: 'utf8' })
  return status === 0 ? undefined : (error?.message ?? stderr)
}

/** Makes a file system in memory; it has to be mounted, so root is needed. */
export function createSmallDisk(mebibytes: number): SmallDisk {
  const path = mkdtempSync(join(tmpdir(), 'dd-disk-'))
  const fault = run('mount', '-t', 'tmpfs', '-o', `size=${mebibytes}m,mode=0700`, 'tmpfs', path)
  if (fault !== undefined) throw new Error(`no small disk: ${fault}`)
  const ballast = join(path, 'ballast')
  const disk: SmallDisk = {
    path,
    fill(leave = 0) {
      const file = openSync(ballast, 'w')
      const { bavail, bsize } = statfsSync(path)
      const blocks = bavail - Math.floor(leave / bsize)
      const block = Buffer.alloc(bsize, '#')
      for (let count = 0; count < blocks; count++) writeSync(file, block)
      closeSync(file)
    },
    clear() {
      if (!existsSync(ballast)) return
      const file = openSync(ballast, 'r+')
      ftruncateSync(file, 0)
      closeSync(file)
      rmSync(ballast)
    },
    free() {
      const { bavail, bsize } = statfsSync(path)
      return bavail * bsize
    },
    remove() {
      run('umount', '-l', path)
      rmSync(path, { recursive: true, force: true })
    },
  }
  return disk
}

/** Why a small disk cannot be had here; undefined where it can. */
export function whyNoSmallDisk(): string | undefined {
  if (process.getuid?.() !== 0) return 'mounting a small disk needs root'
  try {
    createSmallDisk(1).remove()
    return undefined
  } catch (thrown) {
    return String(thrown)
  }
}

/** A view of a folder through FUSE in which hard links cannot be made. */
export interface LinklessView {
  readonly path: string
  remove(): void
}

const sftpServer = '/usr/lib/openssh/sftp-server'

/** Mounts sshfs, without a network: it talks to an sftp-server of its own. */
export function createLinklessView(folder: string): LinklessView {
  const path = mkdtempSync(join(tmpdir(), 'dd-linkless-'))
  const command = `${path}.ssh`
  writeFileSync(command, `#!/bin/sh\nexec ${sftpServer}\n`)
  chmodSync(command, 0o700)
  // Names keep their inode numbers, and nothing is remembered that another process may have changed.
  const fresh = 'noforget,attr_timeout=0,entry_timeout=0,dcache_timeout=0'
  const options = `ssh_command=${command},disable_hardlink,${fresh}`
  const fault = run('sshfs', '-o', options, `local:${folder}`, path)
  const view = {
    path,
    remove() {
      if (run('fusermount3', '-u', path) !== undefined) run('umount', '-l', path)
      rmSync(command, { force: true })
      rmSync(path, { recursive: true, force: true })
    },
  }
  if (fault === undefined) return view
  view.remove()
  throw new Error(`no view without hard links: ${fault}`)
}

/** Why such a view cannot be had here; undefined where it can. */
export function whyNoLinklessView(): string | undefined {
  if (!existsSync(sftpServer)) return 'openssh-sftp-server is not installed'
  const folder = mkdtempSync(join(tmpdir(), 'dd-below-'))
  try {
    createLinklessView(folder).remove()
    return undefined
  } catch (thrown) {
    return String(thrown)
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}
