import SftpClient from 'ssh2-sftp-client'
import { cutTransfer } from './support/cut-transfer.ts'
import { itImportedEachOnce, useSender } from './support/sender.ts'

describe('ssh2-sftp-client', function () {
  this.timeout(120_000)
  const sender = useSender('ssh2-sftp-client')

  async function withClient(work: (client: SftpClient) => Promise<unknown>): Promise<void> {
    const { port, account: username, key } = sender.target
    const client = new SftpClient()
    await client.connect({ host: '127.0.0.1', port, username, privateKey: key.privateKey })
    try {
      await work(client)
    } finally {
      await client.end()
    }
  }

  it('puts a report', async () => {
    const file = sender.report('put.csv')
    await withClient((client) => client.put(file.content, '/inbox/put.csv'))
    await sender.awaitImported(file)
  })

  it('puts a report with fastPut, whose WRITEs run side by side', async () => {
    const file = sender.report('fast-put.csv', 3000)
    await withClient((client) => client.fastPut(file.path, '/inbox/fast-put.csv'))
    await sender.awaitImported(file)
  })

  it('appends what is missing after the line broke', async () => {
    const file = sender.report('appended.csv', 1000)
    await cutTransfer(sender, file)
    await withClient(async (client) => {
      const { size } = await client.stat('/inbox/appended.csv')
      await client.append(file.content.subarray(size), '/inbox/appended.csv')
    })
    await sender.awaitImported(file)
  })

  it('puts under another name, renames, and finds the file again', async () => {
    const file = sender.report('renamed.csv')
    await withClient(async (client) => {
      await client.put(file.content, '/inbox/renamed.csv.uploading')
      await client.posixRename('/inbox/renamed.csv.uploading', '/inbox/renamed.csv')
      await client.chmod('/inbox/renamed.csv', 0o644)
      await client.stat('/inbox/renamed.csv')
    })
    await sender.awaitImported(file)
  })

  it('puts 20 MB with fastPut', async () => {
    const file = sender.noise('large.bin', 20_000_000)
    await withClient((client) => client.fastPut(file.path, '/inbox/large.bin'))
    await sender.awaitRefused(file)
  })

  itImportedEachOnce(sender)
})
