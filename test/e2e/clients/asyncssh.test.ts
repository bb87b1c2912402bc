import { describeWith, python, runClient } from './support/run-client.ts'
import type { ClientEnd } from './support/run-client.ts'
import { itImportedEachOnce, useSender } from './support/sender.ts'
import type { Sender } from './support/sender.ts'

/** Runs one expression of Python in which `sftp` is connected. */
function runAsyncssh(
  sender: Sender,
  expression: string,
  key = sender.target.key.path,
): Promise<ClientEnd> {
  const { port, account } = sender.target
  const program = [
    'import asyncio, asyncssh',
    'async def main():',
    `    login = dict(username='${account}', client_keys=['${key}'], known_hosts=None, config=None)`,
    `    async with asyncssh.connect('127.0.0.1', ${port}, **login) as connection:`,
    '        async with connection.start_sftp_client() as sftp:',
    `            await ${expression}`,
    'asyncio.run(main())',
  ]
  const args = ['-W', 'ignore', '-c', program.join('\n')]
  return runClient(python, args, { home: sender.folder })
}

describeWith(['python:asyncssh'], 'AsyncSSH', function () {
  this.timeout(120_000)
  const sender = useSender('asyncssh', { rsa: true })

  it('puts a report', async () => {
    const file = sender.report('put.csv')
    await runAsyncssh(sender, `sftp.put('${file.path}', '/inbox/put.csv')`)
    await sender.awaitImported(file)
  })

  it('puts a report and keeps its times and mode', async () => {
    const file = sender.report('preserved.csv')
    await runAsyncssh(sender, `sftp.put('${file.path}', '/inbox/', preserve=True)`)
    await sender.awaitImported(file)
  })

  // AsyncSSH asks whether the key would be accepted before it signs, and reads the algorithm in the answer.
  it('puts with an RSA key', async () => {
    const file = sender.report('rsa.csv')
    await runAsyncssh(sender, `sftp.put('${file.path}', '/inbox/')`, sender.rsa.path)
    await sender.awaitImported(file)
  })

  it('puts a folder', async () => {
    const files = [sender.report('tree/top.csv'), sender.report('tree/sub/deep.csv')]
    const tree = `${sender.folder}/tree`
    await runAsyncssh(sender, `sftp.put('${tree}', '/inbox/', recurse=True, preserve=True)`)
    for (const file of files) await sender.awaitImported(file)
  })

  it('puts 20 MB', async () => {
    const file = sender.noise('large.bin', 20_000_000)
    await runAsyncssh(sender, `sftp.put('${file.path}', '/inbox/')`)
    await sender.awaitRefused(file)
  })

  itImportedEachOnce(sender)
})
