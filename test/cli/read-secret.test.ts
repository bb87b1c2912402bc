import assert from 'node:assert/strict'
import { EventEmitter } from 'node:events'
import { Readable, Writable } from 'node:stream'
import { readSecret } from '../../src/cli/read-secret.ts'
import type { CliStreams } from '../../src/cli/streams.ts'
import { AppError, UsageError } from '../../src/errors/index.ts'

/** A terminal at which somebody types; it gives what a terminal in raw mode gives, and keeps what is shown. */
function createTerminal(...typed: string[]) {
  const shown: string[] = []
  const modes: boolean[] = []
  const stdin = Object.assign(new EventEmitter(), {
    isTTY: true,
    setRawMode: (isRaw: boolean) => modes.push(isRaw),
    setEncoding: () => undefined,
    pause: () => undefined,
    resume: () => setImmediate(() => stdin.emit('data', typed.shift() ?? '\u0003')),
  })
  const stderr = new Writable({
    write(chunk, _encoding, done) {
      shown.push(String(chunk))
      done()
    },
  })
  const streams = { stdin, stdout: stderr, stderr, env: {} } as unknown as CliStreams
  return { streams, shown: () => shown.join(''), modes }
}

const piped = (text: string): CliStreams => {
  const nowhere = new Writable({ write: (_chunk, _encoding, done) => done() })
  return { stdin: Readable.from([text]), stdout: nowhere, stderr: nowhere, env: {} }
}

describe('a secret', () => {
  it('is what comes on standard input, without its last line break', async () => {
    assert.equal(await readSecret(piped('one two\n'), 'Password'), 'one two')
    assert.equal(await readSecret(piped('one two\r\n'), 'Password'), 'one two')
    assert.equal(await readSecret(piped(' one\n\n'), 'Password'), ' one\n')
    assert.equal(await readSecret(piped(''), 'Password'), '')
  })

  it('is typed twice on a terminal, which shows nothing of it and is as before at the end', async () => {
    const { streams, shown, modes } = createTerminal('sécret\r', 'sécret\n')
    assert.equal(await readSecret(streams, 'Password'), 'sécret')
    assert.equal(shown(), 'Password: \nPassword, once more: \n')
    assert.deepEqual(modes, [true, false, true, false])
    assert.equal(streams.stdin.listenerCount('data'), 0)
  })

  it('can be mended while it is typed', async () => {
    const { streams } = createTerminal('x\u007f\u007fno\u0015yes\bs\r', 'yes\r')
    assert.equal(await readSecret(streams, 'Password'), 'yes')
  })

  it('is refused when the two differ', async () => {
    const { streams } = createTerminal('one\r', 'two\r')
    await assert.rejects(readSecret(streams, 'Password'), UsageError)
  })

  it('is given up with Ctrl-C, and the terminal is as before', async () => {
    const { streams, modes } = createTerminal('half\u0003')
    await assert.rejects(
      readSecret(streams, 'Password'),
      (error) => error instanceof AppError && error.code === 'INTERRUPTED',
    )
    assert.deepEqual(modes, [true, false])
  })
})
