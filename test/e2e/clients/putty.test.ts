import { before } from 'mocha'
import { cutTransfer } from './support/cut-transfer.ts'
import { createPutty, runPscp, runPsftp } from './support/putty.ts'
import type { Putty } from './support/putty.ts'
import { describeWith } from './support/run-client.ts'
import { itImportedEachOnce, useSender } from './support/sender.ts'

describeWith(['psftp', 'pscp', 'puttygen'], "PuTTY's psftp and pscp", function () {
  this.timeout(120_000)
  const sender = useSender('putty')
  let putty: Putty

  before(async () => {
    putty = await createPutty(sender)
  })

  it('sends a report with psftp, into the folder where the session starts', async () => {
    const file = sender.report('psftp.csv')
    await runPsftp(sender, putty, [`put ${file.path}`, 'quit'])
    await sender.awaitImported(file)
  })

  it('sends several reports with mput', async () => {
    const files = [1, 2, 3].map((number) => sender.report(`many-${number}.csv`))
    await runPsftp(sender, putty, ['cd /inbox', `lcd ${sender.folder}`, 'mput many-*.csv', 'quit'])
    for (const file of files) await sender.awaitImported(file)
  })

  it('goes on with reput after the line broke', async () => {
    const file = sender.report('reput.csv', 1000)
    await cutTransfer(sender, file)
    await runPsftp(sender, putty, [`reput ${file.path}`, 'quit'])
    await sender.awaitImported(file)
  })

  it('sends a report with pscp, and with its times', async () => {
    const plain = sender.report('pscp.csv')
    await runPscp(sender, putty, [plain.path])
    const times = sender.report('pscp-times.csv')
    await runPscp(sender, putty, ['-p', times.path])
    for (const file of [plain, times]) await sender.awaitImported(file)
  })

  it('sends a folder with pscp -r', async () => {
    const files = [sender.report('tree/top.csv'), sender.report('tree/sub/deep.csv')]
    await runPscp(sender, putty, ['-r', `${sender.folder}/tree`])
    for (const file of files) await sender.awaitImported(file)
  })

  it('sends 20 MB', async () => {
    const file = sender.noise('large.bin', 20_000_000)
    await runPscp(sender, putty, [file.path])
    await sender.awaitRefused(file)
  })

  itImportedEachOnce(sender)
})
