import { cutTransfer } from './support/cut-transfer.ts'
import { runSftp } from './support/open-ssh.ts'
import { itImportedEachOnce, useSender } from './support/sender.ts'

/** The client of the contract: `sftp -b` in a nightly job, which ends at its first failing command. */
describe("OpenSSH's sftp", function () {
  this.timeout(120_000)
  const sender = useSender('openssh')

  const ways = ['put', 'put -p', 'put -f', 'put -pf'] as const
  for (const [index, command] of ways.entries()) {
    it(`sends a report with ${command}`, async () => {
      const file = sender.report(`way-${index}.csv`)
      await runSftp(sender, [`${command} ${file.path}`])
      await sender.awaitImported(file)
    })
  }

  it('waits for each answer with -R 1', async () => {
    const file = sender.report('one-at-a-time.csv')
    await runSftp(sender, [`put ${file.path}`], { args: ['-R', '1'] })
    await sender.awaitImported(file)
  })

  it('sends small blocks with -B 1000', async () => {
    const file = sender.report('small-blocks.csv')
    await runSftp(sender, [`put ${file.path}`], { args: ['-B', '1000'] })
    await sender.awaitImported(file)
  })

  it('sends three reports in one session', async () => {
    const files = [1, 2, 3].map((number) => sender.report(`night-${number}.csv`))
    await runSftp(
      sender,
      files.map(({ path }) => `put ${path}`),
    )
    for (const file of files) await sender.awaitImported(file)
  })

  it('sends under another name and renames', async () => {
    const file = sender.report('renamed.csv')
    await runSftp(sender, [
      `put ${file.path} renamed.csv.tmp`,
      'rename renamed.csv.tmp renamed.csv',
    ])
    await sender.awaitImported(file)
  })

  it('goes on with put -a after the line broke', async () => {
    const file = sender.report('resumed.csv', 1000)
    await cutTransfer(sender, file)
    await runSftp(sender, [`put -a ${file.path}`])
    await sender.awaitImported(file)
  })

  it('sends a folder with put -r', async () => {
    const files = [sender.report('tree/top.csv'), sender.report('tree/sub/deep.csv')]
    await runSftp(sender, [`put -r ${sender.folder}/tree`])
    for (const file of files) await sender.awaitImported(file)
  })

  it('exchanges keys anew after every megabyte', async () => {
    const file = sender.noise('rekeyed.bin', 52_000_000)
    await runSftp(sender, [`put ${file.path}`], { options: ['RekeyLimit=1M'] })
    await sender.awaitRefused(file)
  })

  itImportedEachOnce(sender)
})
