import { spawn } from 'node:child_process'
import { mkdir, writeFile } from 'node:fs/promises'
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { userInfo } from 'node:os'
import { askVersion } from '../write-section.ts'
import { createPeerFolders, findPort, waitForPort } from './peers.ts'
import type { Peer } from './peers.ts'
import type { Material } from './workloads.ts'

/** `rclone serve sftp`; a sentence where it is not installed. */
export async function startRclone(folder: string, material: Material): Promise<Peer | string> {
  if (askVersion('rclone', 'version') === undefined) return 'rclone is not installed'
  const root = join(folder, 'rclone')
  const folders = await createPeerFolders(root, material)
  const port = await findPort()
  const child = spawn(
    'rclone',
    [
      ...['serve', 'sftp', root, '--addr', `127.0.0.1:${port}`, '--user', 'bench'],
      ...['--authorized-keys', join(root, 'authorized'), '--key', folders.hostKey],
      // Without it a file is not on the disk when the client is told so.
      ...['--vfs-cache-mode', 'off'],
    ],
    { stdio: 'ignore', env: { ...process.env, RCLONE_CONFIG: join(root, 'none') } },
  )
  await waitForPort(port)
  return folders.toPeer('rclone', port, 'bench', child, {
    uploads: '/uploads',
    downloads: '/downloads',
  })
}

const module = '/usr/lib/proftpd/mod_sftp.so'

/** ProFTPD with mod_sftp; a sentence where it is not installed. */
export async function startProftpd(folder: string, material: Material): Promise<Peer | string> {
  if (!existsSync(module)) return 'ProFTPD with mod_sftp is not installed'
  const root = join(folder, 'proftpd')
  const folders = await createPeerFolders(root, material)
  await mkdir(join(root, 'keys'))
  const { username } = userInfo()
  // mod_sftp reads keys in the form of RFC 4716, one file for each user.
  const { stdout } = folders.keygen('-e', '-m', 'RFC4716', '-f', `${folders.key}.pub`)
  await writeFile(join(root, 'keys', username), stdout)
  const host = join(root, 'host-rsa')
  folders.keygen('-q', '-t', 'rsa', '-b', '3072', '-m', 'PEM', '-N', '', '-f', host)
  const port = await findPort()
  const lines = [
    'LoadModule mod_sftp.c',
    'ServerType standalone',
    'DefaultServer on',
    `Port ${port}`,
    'UseReverseDNS off',
    'RootLogin on',
    'UseFtpUsers off',
    'RequireValidShell off',
    'AuthPAM off',
    `PidFile ${join(root, 'pid')}`,
    `ScoreboardFile ${join(root, 'scoreboard')}`,
    `SystemLog ${join(root, 'log')}`,
    'WtmpLog off',
    'AllowOverwrite on',
    'SFTPEngine on',
    `SFTPHostKey ${host}`,
    `SFTPAuthorizedUserKeys file:${join(root, 'keys')}/%u`,
    'SFTPAuthMethods publickey',
  ]
  const config = join(root, 'proftpd.conf')
  await writeFile(config, `${lines.join('\n')}\n`)
  const child = spawn('proftpd', ['-n', '-q', '-c', config], { stdio: 'ignore' })
  await waitForPort(port)
  const { uploads, downloads } = folders
  return folders.toPeer('ProFTPD', port, username, child, { uploads, downloads })
}
