import { spawn } from 'node:child_process'
import type { ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import ssh2 from 'ssh2'
import type { ClientChannel, ConnectConfig } from 'ssh2'

/** A key pair of a client, made by ssh-keygen. */
export interface ClientKey {
  /** File with the private half. */
  readonly path: string
  readonly privateKey: string
  /** One line of OpenSSH. */
  readonly publicKey: string
}

export interface Finished {
  readonly code: number | null
  readonly stdout: string
  readonly stderr: string
}

/** Where and as whom a client connects. */
export interface Target {
  readonly port: number
  readonly account: string
  readonly key: ClientKey
}

async function finish(child: ChildProcess): Promise<Finished> {
  let stdout = ''
  let stderr = ''
  child.stdout?.on('data', (chunk: Buffer) => (stdout += String(chunk)))
  child.stderr?.on('data', (chunk: Buffer) => (stderr += String(chunk)))
  const [code] = (await once(child, 'close')) as [number | null]
  return { code, stdout, stderr }
}

async function runProgram(program: string, args: readonly string[]): Promise<Finished> {
  return finish(spawn(program, args, { stdio: ['ignore', 'pipe', 'pipe'] }))
}

/** Makes a key pair in the folder with ssh-keygen. */
export async function createClientKey(
  folder: string,
  name: string,
  type: readonly string[] = ['-t', 'ed25519'],
): Promise<ClientKey> {
  const path = join(folder, name)
  const made = await runProgram('ssh-keygen', ['-q', ...type, '-N', '', '-C', name, '-f', path])
  if (made.code !== 0) throw new Error(made.stderr)
  return {
    path,
    privateKey: readFileSync(path, 'utf8'),
    publicKey: readFileSync(`${path}.pub`, 'utf8').trim(),
  }
}

/** Options under which OpenSSH's tools ask nothing, know no other hosts, and use this key alone. */
export function sshOptions(key: ClientKey, options: readonly string[] = []): string[] {
  const fixed = [
    'BatchMode=yes',
    'StrictHostKeyChecking=no',
    'UserKnownHostsFile=/dev/null',
    'IdentitiesOnly=yes',
    'IdentityAgent=none',
    'LogLevel=ERROR',
  ]
  return [
    '-F',
    'none',
    '-i',
    key.path,
    ...[...options, ...fixed].flatMap((option) => ['-o', option]),
  ]
}

/** Starts OpenSSH's `sftp -b` with these commands. */
export function startSftp(
  { port, account, key }: Target,
  commands: readonly string[],
  { args = [], options = [] }: { args?: readonly string[]; options?: readonly string[] } = {},
): ChildProcess {
  const batch = `${key.path}.${Math.random().toString(36).slice(2)}.batch`
  writeFileSync(batch, `${commands.join('\n')}\n`)
  const all = [...sshOptions(key, options), ...args, '-P', String(port), '-b', batch]
  return spawn('sftp', [...all, `${account}@127.0.0.1`], { stdio: ['ignore', 'pipe', 'pipe'] })
}

/** Runs OpenSSH's `sftp -b` with these commands to its end. */
export async function runSftp(
  target: Target,
  commands: readonly string[],
  settings: { args?: readonly string[]; options?: readonly string[] } = {},
): Promise<Finished> {
  return finish(startSftp(target, commands, settings))
}

/** Runs `scp` with these arguments; the remote side is written `{remote}:path`. */
export async function runScp(target: Target, args: readonly string[]): Promise<Finished> {
  const remote = `${target.account}@127.0.0.1`
  const filled = args.map((arg) => arg.replace('{remote}', remote))
  return runProgram('scp', [...sshOptions(target.key), '-P', String(target.port), ...filled])
}

/** Runs `ssh` with these arguments behind the host. */
export async function runSsh(
  target: Target,
  args: readonly string[],
  options: readonly string[] = [],
): Promise<Finished> {
  const host = ['-p', String(target.port), `${target.account}@127.0.0.1`]
  return runProgram('ssh', [...sshOptions(target.key, options), ...host, ...args])
}

/** A field of an SFTP packet: a number is a uint32, a bigint a uint64, text and bytes carry their length. */
export type Field = number | bigint | string | Buffer

/** Encodes a packet with its length; `id` is left out for INIT. */
export function encodePacket(type: number, fields: readonly Field[]): Buffer {
  const parts = fields.map((field) => {
    if (typeof field === 'number') {
      const bytes = Buffer.alloc(4)
      bytes.writeUInt32BE(field)
      return bytes
    }
    if (typeof field === 'bigint') {
      const bytes = Buffer.alloc(8)
      bytes.writeBigUInt64BE(field)
      return bytes
    }
    const bytes = Buffer.from(field)
    const length = Buffer.alloc(4)
    length.writeUInt32BE(bytes.length)
    return Buffer.concat([length, bytes])
  })
  const body = Buffer.concat([Buffer.from([type]), ...parts])
  const length = Buffer.alloc(4)
  length.writeUInt32BE(body.length)
  return Buffer.concat([length, body])
}

export interface RawReply {
  readonly type: number
  readonly id: number
  /** What follows the id. */
  readonly body: Buffer
}

/** An SFTP client that sends what it is told, byte for byte. */
export interface RawSftp {
  readonly client: ssh2.Client
  readonly channel: ClientChannel
  /** Sends packets in one write; each gets the given bytes, nothing is waited for. */
  send(...packets: readonly Buffer[]): void
  /** The next packet of the server, in the order of arrival. Rejects when the channel ends first. */
  next(): Promise<RawReply>
  /** Sends one packet and awaits one reply. */
  ask(type: number, id: number, ...fields: readonly Field[]): Promise<RawReply>
  /** Closes the connection and awaits its end. */
  end(): Promise<void>
}

/** Connects ssh2's client. */
export async function connectClient(
  { port, account, key }: Target,
  options: ConnectConfig = {},
): Promise<ssh2.Client> {
  const client = new ssh2.Client()
  const config = { host: '127.0.0.1', port, username: account, privateKey: key.privateKey }
  await new Promise<void>((resolve, reject) => {
    client
      .once('ready', resolve)
      .once('error', reject)
      .connect({ ...config, ...options })
  })
  client.on('error', () => undefined)
  client.setNoDelay(true)
  return client
}

/** Awaits the end of a connection; unlike `events.once`, an error on the way does not matter. */
export function awaitClose(client: ssh2.Client): Promise<void> {
  return new Promise((resolve) => client.once('close', () => resolve()))
}

/** Opens the plain `sftp` subsystem on a connected client; with `init`, INIT and VERSION are done. */
export async function openRawSftp(client: ssh2.Client, { init = true } = {}): Promise<RawSftp> {
  const channel = await new Promise<ClientChannel>((resolve, reject) => {
    client.subsys('sftp', (error, opened) =>
      error === undefined ? resolve(opened) : reject(error),
    )
  })
  let buffered = Buffer.alloc(0)
  let isOver = false
  const wanted: { resolve: (reply: RawReply) => void; reject: (error: Error) => void }[] = []

  function deliver(): void {
    while (wanted.length > 0 && buffered.length >= 4) {
      const length = buffered.readUInt32BE(0)
      if (buffered.length < 4 + length) break
      const packet = buffered.subarray(4, 4 + length)
      buffered = buffered.subarray(4 + length)
      wanted.shift()?.resolve({
        type: packet.readUInt8(0),
        id: packet.readUInt32BE(1),
        body: packet.subarray(5),
      })
    }
    if (isOver) for (const { reject } of wanted.splice(0)) reject(new Error('The channel ended.'))
  }
  channel.on('data', (chunk: Buffer) => {
    buffered = Buffer.concat([buffered, chunk])
    deliver()
  })
  channel.on('close', () => {
    isOver = true
    deliver()
  })
  channel.on('error', () => undefined)

  const raw: RawSftp = {
    client,
    channel,
    send: (...packets) => void channel.write(Buffer.concat(packets)),
    next: () =>
      new Promise((resolve, reject) => {
        wanted.push({ resolve, reject })
        deliver()
      }),
    ask(type, id, ...fields) {
      raw.send(encodePacket(type, [id, ...fields]))
      return raw.next()
    },
    async end() {
      const closed = awaitClose(client)
      client.end()
      await closed
    },
  }
  if (init) {
    raw.send(encodePacket(1, [3]))
    await raw.next()
  }
  return raw
}

/** Polls until the condition gives something, for at most 10 s. */
export async function until<Value>(
  check: () => Value | undefined | false | Promise<Value | undefined | false>,
  what: string,
): Promise<Value> {
  const deadline = Date.now() + 10_000
  for (;;) {
    const value = await check()
    if (value !== undefined && value !== false) return value
    if (Date.now() > deadline) throw new Error(`Waited 10 s in vain: ${what}`)
    await new Promise((resolve) => setTimeout(resolve, 20))
  }
}
