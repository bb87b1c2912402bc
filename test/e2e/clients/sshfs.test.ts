import { accessSync, constants, mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { after, before } from 'mocha'
import { notRunHere } from '../../support/not-run.ts'
import { describeWith, runClient } from './support/run-client.ts'
import { itImportedEachOnce, useSender } from './support/sender.ts'

function hasFuse(): boolean {
  try {
    accessSync('/dev/fuse', constants.R_OK | constants.W_OK)
    return true
  } catch {
    return false
  }
}

function suite(this: Mocha.Suite): void {
  this.timeout(120_000)
  const sender = useSender('sshfs')
  let mount = ''
  let isMounted = false
  const run = (program: string, args: readonly string[]) =>
    runClient(program, args, { home: sender.folder })

  before(async () => {
    mount = join(sender.folder, 'mount')
    mkdirSync(mount)
    const { port, account, key } = sender.target
    const options = [
      `IdentityFile=${key.path}`,
      'BatchMode=yes',
      'StrictHostKeyChecking=no',
      'UserKnownHostsFile=/dev/null',
      'IdentitiesOnly=yes',
      'LogLevel=ERROR',
    ].flatMap((option) => ['-o', option])
    const remote = `${account}@127.0.0.1:/inbox`
    await run('sshfs', ['-F', '/dev/null', ...options, '-p', String(port), remote, mount])
    isMounted = true
  })
  after(async () => {
    if (isMounted) await run('fusermount', ['-u', '-z', mount])
  })

  it('takes a copy by cp', async () => {
    const file = sender.report('cp.csv')
    await run('cp', [file.path, mount])
    await sender.awaitImported(file)
  })

  it('takes a copy by cp -p', async () => {
    const file = sender.report('cp-p.csv')
    await run('cp', ['-p', file.path, mount])
    await sender.awaitImported(file)
  })

  it('takes a copy by rsync, which renames from a temporary name', async () => {
    const file = sender.report('rsync.csv')
    await run('rsync', ['-t', file.path, mount])
    await sender.awaitImported(file)
  })

  it('takes a copy by rsync --inplace', async () => {
    const file = sender.report('inplace.csv')
    await run('rsync', ['--inplace', '-t', file.path, mount])
    await sender.awaitImported(file)
  })

  it('takes a file whose parts come one after the other', async () => {
    const file = sender.report('grown.csv', 1000)
    const target = join(mount, 'grown.csv')
    await run('sh', ['-c', `split -b 20000 --filter=cat ${file.path} > ${target}`])
    await sender.awaitImported(file)
  })

  it('takes 20 MB by dd', async () => {
    const file = sender.noise('large.bin', 20_000_000)
    await run('dd', [`if=${file.path}`, `of=${join(mount, 'large.bin')}`, 'bs=64k', 'status=none'])
    await sender.awaitRefused(file)
  })

  itImportedEachOnce(sender)
}

if (hasFuse()) describeWith(['sshfs', 'fusermount', 'rsync'], 'sshfs', suite)
else notRunHere('sshfs (no /dev/fuse here)')
