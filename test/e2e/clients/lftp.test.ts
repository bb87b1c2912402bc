import { cutTransfer } from './support/cut-transfer.ts'
import { runLftp } from './support/lftp.ts'
import { describeWith } from './support/run-client.ts'
import { itImportedEachOnce, useSender } from './support/sender.ts'

describeWith(['lftp'], 'lftp', function () {
  this.timeout(120_000)
  const sender = useSender('lftp')

  it('sends a report with put', async () => {
    const file = sender.report('put.csv')
    await runLftp(sender, ['cd /inbox', `put ${file.path}`])
    await sender.awaitImported(file)
  })

  it('sends a report under a temporary name with xfer:use-temp-file', async () => {
    const file = sender.report('temporary.csv')
    await runLftp(sender, ['set xfer:use-temp-file true', 'cd /inbox', `put ${file.path}`])
    await sender.awaitImported(file)
  })

  it('goes on with put -c after the line broke', async () => {
    const file = sender.report('resumed.csv', 1000)
    await cutTransfer(sender, file)
    await runLftp(sender, ['cd /inbox', `put -c ${file.path}`])
    await sender.awaitImported(file)
  })

  it('mirrors a folder with mirror -R', async () => {
    const files = [sender.report('tree/top.csv'), sender.report('tree/sub/deep.csv')]
    await runLftp(sender, [`mirror -R ${sender.folder}/tree /inbox/tree`])
    for (const file of files) await sender.awaitImported(file)
  })

  it('mirrors with several connections and takes the sent files from its own disk', async () => {
    const files = [1, 2, 3, 4].map((number) => sender.report(`many/part-${number}.csv`))
    await runLftp(sender, [
      `mirror -R --parallel=3 --Remove-source-files ${sender.folder}/many /inbox/many`,
    ])
    for (const file of files) await sender.awaitImported(file)
  })

  it('sends 20 MB', async () => {
    const file = sender.noise('large.bin', 20_000_000)
    await runLftp(sender, ['cd /inbox', `put ${file.path}`])
    await sender.awaitRefused(file)
  })

  itImportedEachOnce(sender)
})
