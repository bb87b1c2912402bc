import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import {
  chmodSync,
  copyFileSync,
  existsSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import { before } from 'mocha'
import { useHouse } from '../sftp/sftp-house.ts'
import { notRunHere } from '../support/not-run.ts'
import { sshOptions } from '../support/ssh-session.ts'

const scripts = '/usr/lib/openssh/regress'
const isLong = process.env['TEST_SIZE'] === 'long'

/**
 * How many sessions each script opens at least, and what it says when it fails, complete. The scripts run as OpenSSH ships them, to their end; the three commands below
 * fail by design: this server has no links, and no bytes that did not come from a sender (`copy-data`).
 */
const expected: readonly (readonly [
  script: string,
  sessions: number,
  failures: readonly string[],
])[] = [
  ['sftp', 12, []],
  [
    'sftp-cmds',
    30,
    [
      'missing file after ln',
      'created file is not equal after ln',
      'missing file after ln -s',
      'created file is not equal after cp',
    ],
  ],
  ['sftp-batch', 4, []],
  ['sftp-glob', 15, []],
  ['sftp-badcmds', 7, []],
]

/** The data of the scripts: small in the small run, since sftp.sh sends it in pieces of 5 bytes. */
const dataFile = isLong ? '/usr/bin/ssh-agent' : '/usr/bin/ssh-copy-id'

function quote(word: string): string {
  return `'${word.replaceAll("'", `'\\''`)}'`
}

function describeScripts(): void {
  describe("OpenSSH's own tests of sftp", () => {
    const house = useHouse()
    let shared: string
    let wrapper: string
    const countSessions = (): number =>
      house.log.filter(({ message }) => message === 'Session opened').length

    before(async () => {
      // The scripts look at the same absolute path here and over SFTP: the account's alias is the path of a link to its inbox.
      shared = join(house.folder, 'obj')
      symlinkSync(house.at('inbox'), shared)
      await house.agencies.updateAccount('acme', { alias: shared }, 'test')
      // They fetch /bin/l*, which is a folder of the inbox for the account.
      mkdirSync(house.at('inbox', 'bin'))
      for (const name of readdirSync('/bin').filter((file) => file.startsWith('l'))) {
        const path = join('/bin', name)
        if (lstatSync(path).isFile()) copyFileSync(path, house.at('inbox', 'bin', name))
      }
      const { port, account, key } = house.target
      const command = ['ssh', ...sshOptions(key), '-p', String(port)]
      command.push('-s', `${account}@127.0.0.1`, 'sftp')
      wrapper = join(house.folder, 'sftp-server-wrapper')
      writeFileSync(wrapper, `#!/bin/sh\nexec ${command.map(quote).join(' ')}\n`)
      chmodSync(wrapper, 0o700)
    })

    for (const [script, sessions, failures] of expected) {
      const but = failures.length === 0 ? '' : ', but for links and copies in the server'
      it(`pass: ${script}.sh${but}`, async () => {
        const env = {
          ...process.env,
          BUILDDIR: scripts,
          TEST_SHELL: 'sh',
          TEST_SSH_QUIET: 'yes',
          TEST_SSH_UNSAFE_PERMISSIONS: '1',
          TEST_SSH_SFTP: '/usr/bin/sftp',
          TEST_SSH_SFTPSERVER: wrapper,
          TEST_SSH_SSHAGENT: dataFile,
          // These scripts start no sshd; only its configuration would be checked.
          TEST_SSH_SSHD: '/bin/true',
        }
        const before = countSessions()
        const args = [join(scripts, 'test-exec.sh'), shared, join(scripts, `${script}.sh`)]
        const child = spawn('sh', args, { env, stdio: ['ignore', 'pipe', 'pipe'] })
        let output = ''
        child.stdout.on('data', (chunk: Buffer) => (output += String(chunk)))
        child.stderr.on('data', (chunk: Buffer) => (output += String(chunk)))
        const [code] = (await once(child, 'close')) as [number | null]
        const said = output.split('\n').filter((line) => line !== '' && !line.startsWith('cmp: '))
        const last = failures.length === 0 ? [] : [/^failed /]
        for (const pattern of last) assert.match(said.pop() ?? '', pattern)
        assert.deepEqual(said, failures, output)
        assert.equal(code, failures.length === 0 ? 0 : 1)
        const opened = countSessions() - before
        assert.ok(opened >= sessions, `${opened} sessions`)
      }).timeout(isLong ? 900_000 : 120_000)
    }
  })
}

const needed = [join(scripts, 'test-exec.sh'), '/usr/bin/sftp', dataFile]
const missing = needed.filter((path) => !existsSync(path))
if (missing.length === 0) describeScripts()
else notRunHere(`OpenSSH's own tests of sftp (package openssh-tests): no ${missing.join(', ')}`)
