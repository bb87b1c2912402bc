import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdirSync, readdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { ecrFile, ecrRow, ecrTemplate } from '../support/ecr.ts'
import { createKey, createTestHome, sshOptions } from '../support/serve.ts'
import type { Served, TestHome } from '../support/serve.ts'

const rounds = process.env['TEST_SIZE'] === 'long' ? 8 : 2
const filesPerRound = 200

interface SeenUpload {
  readonly fileName: string
  readonly state: string
  readonly reason: string | null
}

describe('kill -9 while many small files come in', () => {
  let home: TestHome
  let key: string
  let row = 0

  before(() => {
    home = createTestHome({ DOCKETDROP_SETTLE_MS: '2000', DOCKETDROP_SCAN_MS: '3000' })
    key = createKey(home)
  })
  after(() => home.remove())

  /** Lets OpenSSH send files and kills the server at a moment that nobody chose; gives the names that were answered OK. */
  async function sendUntilKilled(served: Served, round: number): Promise<string[]> {
    const folder = join(home.root, `round-${round}`)
    mkdirSync(folder)
    const batch = Array.from({ length: filesPerRound }, (_, at) => {
      const path = join(folder, `f-${round}-${at}.csv${at % 10 === 9 ? '.filepart' : ''}`)
      writeFileSync(path, ecrFile([ecrRow((row += 1)), ecrRow((row += 1))]))
      return `put ${path}\n`
    })
    const client = spawn('sftp', [
      ...['-b', '-', ...sshOptions(key), '-P', String(served.sftpPort)],
      'travis@127.0.0.1',
    ])
    let said = ''
    client.stdout.on('data', (chunk) => (said += String(chunk)))
    client.stderr.resume()
    client.stdin.on('error', () => undefined)
    client.stdin.end(batch.join(''))
    const ended = once(client, 'close')
    while (!said.includes('sftp> put')) await sleep(5)
    await sleep(Math.random() * 500)
    await served.stop('SIGKILL')
    const [code] = (await ended) as [number | null]
    // A command is shown before it is done: the last one was not answered.
    const begun = [...said.matchAll(/sftp> put \S+\/(\S+)/g)].map(([, name = '']) => name)
    return code === 0 ? begun : begun.slice(0, -1)
  }

  const listOpen = () =>
    readdirSync(join(home.home, 'spool')).filter((name) => name.endsWith('.open'))

  const isAtRest = ({ fileName, state }: SeenUpload) =>
    !['receiving', 'queued', 'importing'].includes(state) &&
    (state !== 'received' || fileName.endsWith('.filepart'))

  it('leaves every file that was answered OK there once, and nothing else behind', async () => {
    let served = await home.serve()
    home.cli('agency', 'add', 'travis', '--name', 'Travis', '--time-zone', 'America/Chicago')
    home.cli('key', 'add', 'travis', `${key}.pub`)
    home.cli('template', 'import', 'travis', home.write('template.yaml', ecrTemplate))
    const acknowledged: string[] = []
    for (let round = 0; round < rounds; round += 1) {
      acknowledged.push(...(await sendUntilKilled(served, round)))
      served = await home.serve()
    }
    let uploads: SeenUpload[] = []
    for (let tries = 0; tries < 90; tries += 1) {
      uploads = home.cli('uploads', 'list', 'travis').data as SeenUpload[]
      const known = new Set(uploads.map(({ fileName }) => fileName))
      const isWhole = acknowledged.every((name) => known.has(name))
      if (isWhole && uploads.every(isAtRest) && listOpen().length === 0) break
      await sleep(1000)
    }
    const wrong = acknowledged.flatMap((name) => {
      const states = uploads.filter(({ fileName }) => fileName === name).map(({ state }) => state)
      const expected = name.endsWith('.filepart') ? 'received' : 'imported'
      return states.join() === expected ? [] : [`${name}: ${states.join() || 'nothing'}`]
    })
    assert.ok(acknowledged.length > 0)
    assert.deepEqual(wrong, [])
    assert.deepEqual(listOpen(), [])
    assert.deepEqual(readdirSync(join(home.home, 'spool', 'lost')), [])
  }).timeout(600_000)
})
