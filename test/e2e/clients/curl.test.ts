import { spawnSync } from 'node:child_process'
import { cutTransfer } from './support/cut-transfer.ts'
import { notRunHere } from '../../support/not-run.ts'
import { runClient } from './support/run-client.ts'
import type { ClientEnd } from './support/run-client.ts'
import { itImportedEachOnce, useSender } from './support/sender.ts'
import type { Sender } from './support/sender.ts'

function runCurl(sender: Sender, args: readonly string[], to: string): Promise<ClientEnd> {
  const { port, account, key } = sender.target
  const login = ['-u', `${account}:`, '--key', key.path, '--pubkey', `${key.path}.pub`]
  const url = `sftp://127.0.0.1:${port}${to}`
  const all = ['-sS', '--insecure', ...login, ...args, url]
  return runClient('curl', all, { home: sender.folder })
}

const canSftp = /^Protocols:.* sftp( |$)/m.test(
  spawnSync('curl', ['-V'], { encoding: 'utf8' }).stdout,
)

if (!canSftp) notRunHere('curl (it is not installed, or speaks no SFTP)')
else
  describe('curl', function () {
    this.timeout(120_000)
    const sender = useSender('curl')

    it('sends a report with -T', async () => {
      const file = sender.report('plain.csv')
      await runCurl(sender, ['-T', file.path], '/inbox/')
      await sender.awaitImported(file)
    })

    it('goes on with -C - after the line broke', async () => {
      const file = sender.report('resumed.csv', 1000)
      await cutTransfer(sender, file)
      await runCurl(sender, ['-C', '-', '-T', file.path], '/inbox/resumed.csv')
      await sender.awaitImported(file)
    })

    it('goes on with --append after the line broke', async () => {
      const file = sender.report('appended.csv', 1000)
      await cutTransfer(sender, file)
      const half = Math.floor(file.content.length / 2)
      const rest = sender.home.write('appended-rest.csv', file.content.subarray(half))
      await runCurl(sender, ['--append', '-T', rest], '/inbox/appended.csv')
      await sender.awaitImported(file)
    })

    it('sends under another name and renames with -Q', async () => {
      const file = sender.report('renamed.csv')
      const rename = '-rename /inbox/renamed.csv.tmp /inbox/renamed.csv'
      await runCurl(sender, ['-Q', rename, '-T', file.path], '/inbox/renamed.csv.tmp')
      await sender.awaitImported(file)
    })

    it('makes folders with --ftp-create-dirs', async () => {
      const file = sender.report('deep.csv')
      await runCurl(sender, ['--ftp-create-dirs', '-T', file.path], '/inbox/2026/11/')
      await sender.awaitImported(file)
    })

    it('sends 20 MB', async () => {
      const file = sender.noise('large.bin', 20_000_000)
      await runCurl(sender, ['-T', file.path], '/inbox/')
      await sender.awaitRefused(file)
    })

    itImportedEachOnce(sender)
  })
