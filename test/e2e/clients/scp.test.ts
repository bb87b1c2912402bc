import { runScp } from './support/open-ssh.ts'
import { itImportedEachOnce, useSender } from './support/sender.ts'

/** scp speaks SFTP since OpenSSH 9.0. */
describe("OpenSSH's scp", function () {
  this.timeout(120_000)
  const sender = useSender('scp')

  it('sends a report', async () => {
    const file = sender.report('plain.csv')
    await runScp(sender, [file.path])
    await sender.awaitImported(file)
  })

  it('sends a report and its times with -p', async () => {
    const file = sender.report('times.csv')
    await runScp(sender, ['-p', file.path])
    await sender.awaitImported(file)
  })

  it('sends to the home folder when it is told no path', async () => {
    const file = sender.report('home.csv')
    await runScp(sender, [file.path], '')
    await sender.awaitImported(file)
  })

  it('sends a folder with -r and -rp', async () => {
    const first = [sender.report('tree/top.csv'), sender.report('tree/sub/deep.csv')]
    await runScp(sender, ['-r', `${sender.folder}/tree`])
    const second = [sender.report('forest/top-2.csv'), sender.report('forest/sub/deep-2.csv')]
    await runScp(sender, ['-rp', `${sender.folder}/forest`])
    for (const file of [...first, ...second]) await sender.awaitImported(file)
  })

  it('sends 20 MB', async () => {
    const file = sender.noise('large.bin', 20_000_000)
    await runScp(sender, [file.path])
    await sender.awaitRefused(file)
  })

  itImportedEachOnce(sender)
})
