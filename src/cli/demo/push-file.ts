import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import ssh2 from 'ssh2'
import { toError, UnavailableError } from '../../errors/index.ts'
import { generateKey } from '../../sftp/index.ts'

/** A key pair on disk, as a sender has it. */
export interface SenderKey {
  readonly privatePath: string
  readonly publicText: string
}

export interface PushTarget {
  readonly port: number
  readonly account: string
  readonly key: SenderKey
}

/** Makes an ed25519 key pair, the private half readable by its owner only. */
export async function createSenderKey(folder: string): Promise<SenderKey> {
  await mkdir(folder, { recursive: true, mode: 0o700 })
  const { privateKey, publicKey } = generateKey('ssh-ed25519', 'nightly job')
  const privatePath = join(folder, 'nightly-job')
  await writeFile(privatePath, privateKey, { mode: 0o600 })
  await writeFile(`${privatePath}.pub`, `${publicKey}\n`)
  return { privatePath, publicText: publicKey }
}

function pushBySystem(file: string, { port, account, key }: PushTarget): Promise<boolean> {
  const options = [
    'StrictHostKeyChecking=no',
    'UserKnownHostsFile=/dev/null',
    'IdentitiesOnly=yes',
    'BatchMode=yes',
    'LogLevel=ERROR',
  ]
  const child = spawn(
    'sftp',
    [
      '-q',
      '-b',
      '-',
      '-i',
      key.privatePath,
      '-P',
      String(port),
      ...options.flatMap((option) => ['-o', option]),
      '-F',
      '/dev/null',
      `${account}@127.0.0.1`,
    ],
    { stdio: ['pipe', 'ignore', 'pipe'] },
  )
  const complaint: Buffer[] = []
  child.stderr.on('data', (chunk: Buffer) => complaint.push(chunk))
  // A client that ends early closes its input; its exit code tells the story.
  child.stdin.on('error', () => undefined)
  child.stdin.end(`put "${file}"\n`)
  return new Promise((resolve, reject) => {
    child.once('error', (error: NodeJS.ErrnoException) => {
      if (error.code === 'ENOENT') resolve(false)
      else reject(error)
    })
    child.once('close', (code) => {
      if (code === 0) return resolve(true)
      const words = Buffer.concat(complaint).toString().trim()
      reject(
        new UnavailableError(
          'PROTOCOL_ERROR',
          `sftp ended with exit code ${code ?? 'none'}: ${words}`,
        ),
      )
    })
  })
}

async function pushInProcess(
  file: string,
  name: string,
  { port, account, key }: PushTarget,
): Promise<void> {
  const client = new ssh2.Client()
  client.connect({
    host: '127.0.0.1',
    port,
    username: account,
    privateKey: await readFile(key.privatePath),
  })
  await once(client, 'ready')
  try {
    await new Promise<void>((resolve, reject) => {
      client.sftp((error, sftp) => {
        if (error !== undefined) return reject(error)
        sftp.fastPut(file, name, (failure) => {
          if (failure) reject(toError(failure))
          else resolve()
        })
      })
    })
  } finally {
    client.end()
  }
}

/** Pushes a file as the nightly job does: with the system's sftp, or in this process where there is none. Returns which. */
export async function pushFile(
  file: string,
  name: string,
  target: PushTarget,
): Promise<'sftp' | 'in-process'> {
  if (await pushBySystem(file, target)) return 'sftp'
  await pushInProcess(file, name, target)
  return 'in-process'
}
