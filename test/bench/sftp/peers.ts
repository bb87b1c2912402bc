import { spawn, spawnSync } from 'node:child_process'
import type { ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { copyFile, mkdir, readdir, rm, writeFile } from 'node:fs/promises'
import { connect, createServer } from 'node:net'
import type { AddressInfo } from 'node:net'
import { userInfo } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { createKey, createTestHome } from '../../support/serve.ts'
import { watchTree } from '../process-tree.ts'
import type { TreeWatch } from '../process-tree.ts'
import type { Door } from './client.ts'
import { hashFile } from './workloads.ts'
import type { Material } from './workloads.ts'

/** A server under test. */
export interface Peer {
  readonly name: string
  readonly door: Door
  readonly watch: TreeWatch
  /** Waits until nothing is left to do, checks that `count` new files arrived whole, and clears them away. */
  settle(count: number, material: Material): Promise<void>
  stop(): Promise<void>
}

/** A port of the loopback that is free at the moment. */
export async function findPort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  server.close()
  await once(server, 'close')
  return port
}

/** Waits until something listens. @throws Error after ten seconds */
export async function waitForPort(port: number): Promise<void> {
  for (let tries = 0; tries < 200; tries += 1) {
    const isOpen = await new Promise<boolean>((resolve) => {
      const socket = connect(port, '127.0.0.1')
      socket.once('connect', () => {
        socket.destroy()
        resolve(true)
      })
      socket.once('error', () => resolve(false))
    })
    if (isOpen) return
    await sleep(50)
  }
  throw new Error(`nothing listens on port ${port}`)
}

async function checkFiles(folder: string, count: number, material: Material): Promise<void> {
  const names = (await readdir(folder)).filter((name) => name.endsWith('.bin'))
  if (names.length !== count) throw new Error(`${names.length} files arrived, not ${count}`)
  for (const name of names.filter((candidate) => /^(large|parallel)/.test(candidate))) {
    if ((await hashFile(join(folder, name))) !== material.largeSha256)
      throw new Error(`${name} differs`)
  }
}

/** Ends a process that was started here, and waits for it. */
export async function endProcess(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return
  const ended = once(child, 'exit')
  child.kill('SIGTERM')
  await ended
}

/** docketdrop as it is served: hashes, rows, journal, evidence, audit and all. */
export async function startDocketdrop(
  folder: string,
  material: Material,
  nodeFlags: readonly string[] = [],
): Promise<Peer> {
  const home = createTestHome({
    DOCKETDROP_HOME: join(folder, 'var'),
    DOCKETDROP_LOG_LEVEL: 'warn',
    DOCKETDROP_RESERVE_MB: '0',
  })
  const key = createKey(home)
  home.raw(['migrate', 'up'])
  home.cli('agency', 'add', 'bench', '--name', 'Bench', '--time-zone', 'America/Chicago')
  home.cli('key', 'add', 'bench', `${key}.pub`)
  const agency = join(folder, 'var', 'agencies', 'bench')
  const served = await home.serve(nodeFlags)
  const root = served.child.pid ?? 0
  await copyFile(material.large, join(agency, 'outbox', 'large.bin'))
  await sleep(1500)
  const pidFile = join(folder, 'var', 'postgres')
  const postmaster = spawnSync('pgrep', ['-f', pidFile], { encoding: 'utf8' })
    .stdout.split('\n')
    .map(Number)
    .filter((pid) => pid > 0)
  const watch = watchTree([root, ...postmaster])
  const { uploads, downloads } = { uploads: '/inbox', downloads: '/outbox' }
  return {
    name: 'docketdrop',
    door: { port: served.sftpPort, user: 'bench', key, uploads, downloads },
    watch,
    async settle(count, material) {
      for (let tries = 0; ; tries += 1) {
        const names = await readdir(join(agency, 'error'))
        const originals = names.filter((name) => name.endsWith('.bin'))
        const texts = names.filter((name) => name.endsWith('.error.txt'))
        if (originals.length === count && texts.length === count) break
        if (tries > 1200) throw new Error(`${originals.length} of ${count} files arrived`)
        await sleep(100)
      }
      await checkFiles(join(agency, 'error'), count, material)
      for (const area of ['error', 'outbox'])
        for (const name of await readdir(join(agency, area)))
          if (name !== 'large.bin') await rm(join(agency, area, name))
    },
    async stop() {
      watch.stop()
      await served.stop()
      await home.remove()
    },
  }
}

/** Folders and keys of a peer, and what makes a `Peer` of its process. */
export interface PeerFolders {
  readonly uploads: string
  readonly downloads: string
  readonly key: string
  readonly hostKey: string
  keygen(...args: readonly string[]): { readonly stdout: string }
  /** The folders are named as the client sees them. */
  toPeer(
    name: string,
    port: number,
    user: string,
    child: ChildProcess,
    seen: Pick<Door, 'uploads' | 'downloads'>,
  ): Peer
}

/** Makes the folders of a peer, a key and a host key, and `authorized` with the key. */
export async function createPeerFolders(folder: string, material: Material): Promise<PeerFolders> {
  const uploads = join(folder, 'uploads')
  await mkdir(uploads, { recursive: true })
  const downloads = join(folder, 'downloads')
  await mkdir(downloads, { recursive: true })
  await copyFile(material.large, join(downloads, 'large.bin'))
  const key = join(folder, 'key')
  const hostKey = join(folder, 'host')
  const keygen = (...args: readonly string[]) => spawnSync('ssh-keygen', args, { encoding: 'utf8' })
  for (const path of [key, hostKey]) keygen('-q', '-t', 'ed25519', '-N', '', '-f', path)
  await copyFile(`${key}.pub`, join(folder, 'authorized'))
  return {
    uploads,
    downloads,
    key,
    hostKey,
    keygen,
    toPeer(name, port, user, child, seen) {
      const watch = watchTree([child.pid ?? 0])
      return {
        name,
        door: { port, user, key, ...seen },
        watch,
        async settle(count, material) {
          await checkFiles(uploads, count, material)
          await rm(uploads, { recursive: true })
          await mkdir(uploads)
        },
        async stop() {
          watch.stop()
          await endProcess(child)
        },
      }
    },
  }
}

/** OpenSSH's own server; `limits` are lines of sshd_config. */
export async function startSshd(
  name: string,
  folder: string,
  material: Material,
  limits: readonly string[] = [],
): Promise<Peer> {
  const folders = await createPeerFolders(folder, material)
  const { uploads, downloads, hostKey } = folders
  const port = await findPort()
  const config = join(folder, 'sshd_config')
  const lines = [
    `Port ${port}`,
    'ListenAddress 127.0.0.1',
    `HostKey ${hostKey}`,
    `AuthorizedKeysFile ${join(folder, 'authorized')}`,
    'StrictModes no',
    'UsePAM no',
    'PermitRootLogin yes',
    `PidFile ${join(folder, 'pid')}`,
    'Subsystem sftp internal-sftp',
    ...limits,
  ]
  await writeFile(config, `${lines.join('\n')}\n`)
  if (userInfo().uid === 0) await mkdir('/run/sshd', { recursive: true })
  const child = spawn('/usr/sbin/sshd', ['-D', '-e', '-f', config], { stdio: 'ignore' })
  await waitForPort(port)
  return folders.toPeer(name, port, userInfo().username, child, { uploads, downloads })
}
