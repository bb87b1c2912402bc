import { open } from 'node:fs/promises'
import type { FileHandle } from 'node:fs/promises'
import { loadConfig } from '../../src/config/index.ts'
import { createLogger } from '../../src/log/index.ts'
import { createGuard } from '../../src/sftp/guard.ts'
import { createListener } from '../../src/sftp/listener.ts'
import { createTally } from '../../src/sftp/tally.ts'

/**
 * A process of its own, started with few descriptors: takes connections through the gate until it is full, and tells each
 * second how many it holds, and whether a running transfer could still open files.
 */
const log = createLogger({ level: 'error', format: 'json', stream: process.stderr })
const { sftp } = loadConfig({}, {}).config
const settings = {
  ...sftp,
  neverBan: ['127.0.0.0/8'],
  maxUnauthenticated: 10_000,
  maxUnauthenticatedPerAddress: 10_000,
  maxConnections: 10_000,
}
const { gate } = createGuard({
  settings,
  db: undefined,
  tally: createTally(),
  note: () => undefined,
  log,
})
let held = 0
const listener = createListener({
  host: '127.0.0.1',
  port: 0,
  balancers: undefined,
  gate,
  log,
  onArrival({ socket }) {
    held += 1
    socket.on('data', () => undefined)
    socket.write('SSH-2.0-test\r\n')
    socket.once('close', () => (held -= 1))
  },
})

async function openSome(): Promise<boolean> {
  const files: FileHandle[] = []
  try {
    for (let index = 0; index < 30; index++) files.push(await open('/dev/null'))
    return true
  } catch {
    return false
  } finally {
    await Promise.all(files.map((file) => file.close()))
  }
}

const say = (line: object) => process.stdout.write(`${JSON.stringify(line)}\n`)
say({ port: await listener.start() })
setInterval(() => void openSome().then((canOpenFiles) => say({ held, canOpenFiles })), 200)
