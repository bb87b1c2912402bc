import { cutTransfer } from './support/cut-transfer.ts'
import { describeWith, python, runClient } from './support/run-client.ts'
import type { ClientEnd } from './support/run-client.ts'
import { itImportedEachOnce, useSender } from './support/sender.ts'
import type { Sender } from './support/sender.ts'

/** Runs lines of Python in which `sftp` is connected and `local`, `name` are the file's. */
function runParamiko(
  sender: Sender,
  file: { path: string; name: string },
  lines: readonly string[],
  key = `Ed25519Key.from_private_key_file('${sender.target.key.path}')`,
): Promise<ClientEnd> {
  const program = [
    'import paramiko',
    `transport = paramiko.Transport(('127.0.0.1', ${sender.target.port}))`,
    `transport.connect(username='${sender.target.account}', pkey=paramiko.${key})`,
    'sftp = paramiko.SFTPClient.from_transport(transport)',
    `local, name = '${file.path}', '${file.name}'`,
    ...lines,
    'transport.close()',
  ]
  const args = ['-W', 'ignore', '-c', program.join('\n')]
  return runClient(python, args, { home: sender.folder })
}

/** With `confirm=True`, its default, put compares sizes by STAT after CLOSE and raises when the file is gone. */
describeWith(['python:paramiko'], 'paramiko', function () {
  this.timeout(120_000)
  const sender = useSender('paramiko', { rsa: true })

  it('puts a report and confirms its size', async () => {
    const file = sender.report('confirmed.csv')
    await runParamiko(sender, file, ["sftp.put(local, '/inbox/' + name, confirm=True)"])
    await sender.awaitImported(file)
  })

  it('puts with an RSA key', async () => {
    const file = sender.report('rsa.csv')
    const key = `RSAKey.from_private_key_file('${sender.rsa.path}')`
    await runParamiko(sender, file, ["sftp.put(local, '/inbox/' + name)"], key)
    await sender.awaitImported(file)
  })

  it('writes through an open file, in a pipeline', async () => {
    const file = sender.report('pipelined.csv', 1000)
    await runParamiko(sender, file, [
      "with open(local, 'rb') as source, sftp.open('/inbox/' + name, 'wb') as target:",
      '    target.set_pipelined(True)',
      '    target.write(source.read())',
    ])
    await sender.awaitImported(file)
  })

  it('appends what is missing after the line broke', async () => {
    const file = sender.report('appended.csv', 1000)
    await cutTransfer(sender, file)
    await runParamiko(sender, file, [
      "size = sftp.stat('/inbox/' + name).st_size",
      "with open(local, 'rb') as source, sftp.open('/inbox/' + name, 'ab') as target:",
      '    source.seek(size)',
      '    target.write(source.read())',
    ])
    await sender.awaitImported(file)
  })

  it('puts under another name, renames, then sets the times', async () => {
    const file = sender.report('renamed.csv')
    await runParamiko(sender, file, [
      "sftp.put(local, '/inbox/' + name + '.part')",
      "sftp.rename('/inbox/' + name + '.part', '/inbox/' + name)",
      "sftp.utime('/inbox/' + name, (1600000000, 1600000000))",
      "sftp.chmod('/inbox/' + name, 0o640)",
    ])
    await sender.awaitImported(file)
  })

  it('puts 20 MB', async () => {
    const file = sender.noise('large.bin', 20_000_000)
    await runParamiko(sender, file, ["sftp.put(local, '/inbox/' + name)"])
    await sender.awaitRefused(file)
  })

  itImportedEachOnce(sender)
})
