import { spawnSync } from 'node:child_process'
import { describeWith, runClient } from './support/run-client.ts'
import type { ClientEnd } from './support/run-client.ts'
import { itImportedEachOnce, useSender } from './support/sender.ts'
import type { Sender } from './support/sender.ts'

function runRclone(
  sender: Sender,
  args: readonly string[],
  { key = sender.target.key.path, to = '/inbox' } = {},
): Promise<ClientEnd> {
  const { port, account } = sender.target
  const remote = `:sftp,host=127.0.0.1,port=${port},user=${account},key_file=${key}:${to}`
  const all = ['--config', '/dev/null', '--retries', '1', ...args, remote]
  return runClient('rclone', all, { home: sender.folder })
}

// Since 1.63 rclone sends under a temporary name unless it is told `--inplace`.
const hasInplace = () =>
  spawnSync('rclone', ['help', 'flags'], { encoding: 'utf8' }).stdout.includes('--inplace')

/** rclone sets the time and verifies after CLOSE, over any connection of its pool (rclone#9000). */
describeWith(['rclone'], 'rclone', function () {
  this.timeout(120_000)
  const sender = useSender('rclone', { rsa: true })

  it('copies a report', async () => {
    const file = sender.report('copied.csv')
    await runRclone(sender, ['copy', file.path])
    await sender.awaitImported(file)
  })

  it('copies with an RSA key', async () => {
    const file = sender.report('rsa.csv')
    await runRclone(sender, ['copy', file.path], { key: sender.rsa.path })
    await sender.awaitImported(file)
  })

  it('copies to a name', async () => {
    const file = sender.report('named.csv')
    await runRclone(sender, ['copyto', file.path], { to: '/inbox/named.csv' })
    await sender.awaitImported(file)
  })

  it('copies a folder over several connections', async () => {
    const names = Array.from({ length: 6 }, (_, index) => `tree/sub/part-${index}.csv`)
    const files = names.map((name) => sender.report(name))
    await runRclone(sender, ['copy', '--transfers', '4', `${sender.folder}/tree`])
    for (const file of files) await sender.awaitImported(file)
  })

  it('moves a report', async () => {
    const file = sender.report('moved.csv')
    await runRclone(sender, ['move', file.path])
    await sender.awaitImported(file)
  })

  if (hasInplace())
    it('copies under the final name with --inplace', async () => {
      const file = sender.report('inplace.csv')
      await runRclone(sender, ['copy', '--inplace', file.path])
      await sender.awaitImported(file)
    })

  it('copies 20 MB', async () => {
    const file = sender.noise('large.bin', 20_000_000)
    await runRclone(sender, ['copy', file.path])
    await sender.awaitRefused(file)
  })

  itImportedEachOnce(sender)
})
