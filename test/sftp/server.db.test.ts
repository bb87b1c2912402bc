import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { readFileSync, statSync, symlinkSync, utimesSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import SftpClient from 'ssh2-sftp-client'
import {
  createClientKey,
  runScp,
  runSftp,
  runSsh,
  startSftp,
  until,
} from '../support/ssh-session.ts'
import type { Finished } from '../support/ssh-session.ts'
import { useHouse } from './sftp-house.ts'

const rows = 'case,date\n24-0001,2026-12-01\n24-0002,2026-12-02\n'

function succeeded(run: Finished): Finished {
  assert.equal(run.code, 0, run.stdout + run.stderr)
  return run
}

/** Lines that OpenSSH's sftp printed, without its echo of the commands. */
function printed({ stdout }: Finished): string[] {
  return stdout.split('\n').filter((line) => line !== '' && !line.startsWith('sftp> '))
}

describe('SFTP server with OpenSSH', () => {
  const house = useHouse()

  it('takes and gives files, lists, renames and removes them, and lets the client go with exit 0', async () => {
    const local = house.writeLocal('local.csv', rows)
    const back = join(house.folder, 'back.csv')
    const run = await runSftp(house.target, [
      'pwd',
      `put ${local} a.csv`,
      'ls -l',
      'rename a.csv b.csv',
      'ls -1',
      `get b.csv ${back}`,
      'mkdir day',
      `put ${local} day/c.csv`,
      'ls -1 day',
      'rm day/c.csv',
      'rmdir day',
      'rm b.csv',
    ])
    succeeded(run)
    const lines = printed(run)
    assert.equal(lines[0], 'Remote working directory: /inbox')
    assert.match(lines[1] ?? '', /^-rw------- +1 \S+ +\S+ +48 \w{3} +\d+ \d\d:\d\d a\.csv$/)
    assert.deepEqual(lines.slice(2, 4), ['b.csv', 'day/c.csv'].toSpliced(1, 0))
    assert.equal(readFileSync(back, 'utf8'), rows)
    assert.equal((await house.findUpload('b.csv'))?.state, 'withdrawn')
  })

  it('answers CLOSE only when the bytes are received', async () => {
    const content = randomBytes(3_000_000)
    succeeded(await runSftp(house.target, [`put ${house.writeLocal('big.bin', content)} big.csv`]))
    const upload = await house.findUpload('big.csv')
    assert.equal(upload?.state, 'received')
    assert.equal(upload.bytes, content.length)
    assert.ok(readFileSync(house.inbox.layout.spool(upload.uploadId)).equals(content))
  })

  it('keeps the time of a file that is sent with put -p', async () => {
    const local = house.writeLocal('dated.csv', rows)
    utimesSync(local, 1_500_000_000, 1_500_000_000)
    succeeded(await runSftp(house.target, [`put -p ${local} dated.csv`]))
    assert.equal(statSync(house.at('inbox', 'dated.csv')).mtimeMs, 1_500_000_000_000)
  })

  it('syncs a file that is sent with put -f', async () => {
    succeeded(await runSftp(house.target, [`put -f ${house.writeLocal('f.csv', rows)} f.csv`]))
  })

  it('goes on with an upload whose sender was killed, at the place where it broke off', async () => {
    const content = randomBytes(4_000_000)
    const local = house.writeLocal('resumed.bin', content)
    const first = startSftp(house.target, [`put ${local} resumed.csv`], { args: ['-l', '8000'] })
    await until(
      () => statSync(house.at('inbox', 'resumed.csv'), { throwIfNoEntry: false })?.size,
      'the first bytes',
    )
    first.kill('SIGKILL')
    const partial = await until(async () => {
      const upload = await house.findUpload('resumed.csv')
      return upload?.state === 'partial' && upload
    }, 'the upload to be partial')
    assert.equal(partial.reason, 'CONNECTION_LOST')
    assert.ok(partial.bytes < content.length)
    succeeded(await runSftp(house.target, [`put -a ${local} resumed.csv`]))
    const upload = await house.findUpload('resumed.csv')
    assert.equal(upload?.uploadId, partial.uploadId)
    assert.equal(upload.state, 'received')
    assert.ok(readFileSync(house.at('inbox', 'resumed.csv')).equals(content))
  })

  it('transfers while keys are exchanged anew every megabyte', async () => {
    const content = randomBytes(12_000_000)
    const local = house.writeLocal('rekey.bin', content)
    const back = join(house.folder, 'rekey.back')
    const commands = [`put ${local} rekey.csv`, `get rekey.csv ${back}`]
    succeeded(await runSftp(house.target, commands, { options: ['RekeyLimit=1M'] }))
    assert.ok(readFileSync(back).equals(content))
  })

  it('transfers with other buffer sizes and request counts', async () => {
    const content = randomBytes(1_000_000)
    const local = house.writeLocal('sizes.bin', content)
    const back = join(house.folder, 'sizes.back')
    for (const args of [
      ['-B', '1000', '-R', '1'],
      ['-B', '261120', '-R', '256'],
    ]) {
      succeeded(
        await runSftp(house.target, [`put ${local} sizes.csv`, `get sizes.csv ${back}`], { args }),
      )
      assert.ok(readFileSync(back).equals(content))
    }
  })

  it('shows exactly the four folders in the root', async () => {
    const run = succeeded(await runSftp(house.target, ['ls -1 /']))
    assert.deepEqual(printed(run), ['/error', '/inbox', '/outbox', '/processed'])
  })

  it('lets files that are made in the root land in the inbox', async () => {
    succeeded(await runSftp(house.target, ['cd /', `put ${house.writeLocal('r.csv', rows)} r.csv`]))
    assert.equal(readFileSync(house.at('inbox', 'r.csv'), 'utf8'), rows)
  })

  it('leads the alias of an account to the inbox', async () => {
    await house.agencies.updateAccount('acme', { alias: '/home/ubuntu' }, 'test')
    const local = house.writeLocal('alias.csv', rows)
    const run = await runSftp(house.target, [
      'cd /home/ubuntu',
      'pwd',
      `put ${local}`,
      'ls -1 alias.csv',
    ])
    succeeded(run)
    assert.deepEqual(printed(run), ['Remote working directory: /home/ubuntu', 'alias.csv'])
    assert.equal(readFileSync(house.at('inbox', 'alias.csv'), 'utf8'), rows)
  })

  it('tells how full the disk is', async () => {
    const run = succeeded(await runSftp(house.target, ['df']))
    assert.match(printed(run).join('\n'), /Size +Used +Avail/)
  })

  it('serves scp, and scp -p, in both directions', async () => {
    const local = house.writeLocal('scp.csv', rows)
    const back = join(house.folder, 'scp.back')
    succeeded(await runScp(house.target, ['-p', local, '{remote}:scp.csv']))
    succeeded(await runScp(house.target, [local, '{remote}:~/home.csv']))
    succeeded(await runScp(house.target, ['{remote}:scp.csv', back]))
    assert.equal(readFileSync(back, 'utf8'), rows)
    assert.equal(readFileSync(house.at('inbox', 'home.csv'), 'utf8'), rows)
  })

  it('refuses shells, commands and the old scp protocol', async () => {
    assert.notEqual((await runSsh(house.target, [])).code, 0)
    const command = await runSsh(house.target, ['id'])
    assert.notEqual(command.code, 0)
    assert.equal(command.stdout, '')
    const local = house.writeLocal('old.csv', rows)
    assert.notEqual((await runScp(house.target, ['-O', local, '{remote}:old.csv'])).code, 0)
    assert.equal(await house.findUpload('old.csv'), undefined)
  })

  it('lets nothing be put into, renamed into or removed from processed and error', async () => {
    const local = house.writeLocal('w.csv', rows)
    writeFileSync(house.at('processed', 'old.csv'), rows)
    succeeded(await runSftp(house.target, [`put ${local} w.csv`]))
    for (const command of [
      `put ${local} /processed/w.csv`,
      `put ${local} /error/w.csv`,
      `put ${local} /outbox/w.csv`,
      'rename w.csv /processed/w.csv',
      'rename /processed/old.csv w2.csv',
      'rm /processed/old.csv',
      'mkdir /processed/d',
      'rmdir /outbox',
      'ln -s w.csv link.csv',
      'ln w.csv link.csv',
    ]) {
      assert.equal((await runSftp(house.target, [command])).code, 1, command)
    }
    const back = join(house.folder, 'old.back')
    succeeded(await runSftp(house.target, [`get /processed/old.csv ${back}`]))
    assert.equal(readFileSync(back, 'utf8'), rows)
  })

  it('lets files be fetched and removed from the outbox', async () => {
    writeFileSync(house.at('outbox', 'result.csv'), rows)
    const back = join(house.folder, 'result.back')
    succeeded(
      await runSftp(house.target, [`get /outbox/result.csv ${back}`, 'rm /outbox/result.csv']),
    )
    assert.equal(readFileSync(back, 'utf8'), rows)
    assert.equal(statSync(house.at('outbox', 'result.csv'), { throwIfNoEntry: false }), undefined)
  })

  it('neither shows nor follows links that somebody has put on the disk', async () => {
    symlinkSync('/etc/passwd', house.at('inbox', 'leak.csv'))
    symlinkSync('/etc', house.at('processed', 'etc'))
    const run = succeeded(await runSftp(house.target, ['ls -1 /inbox', 'ls -1 /processed']))
    assert.doesNotMatch(run.stdout, /leak|etc/)
    const back = join(house.folder, 'leak.back')
    for (const path of ['leak.csv', '/processed/etc/passwd']) {
      assert.equal((await runSftp(house.target, [`get ${path} ${back}`])).code, 1)
    }
    assert.equal(statSync(back, { throwIfNoEntry: false }), undefined)
  })

  it('shows a push-only account receipts, but nothing that others sent', async () => {
    const key = await createClientKey(house.folder, 'pusher')
    await house.agencies.createAccount('acme', 'acme-push', { isPushOnly: true }, 'test')
    await house.agencies.addKey('acme-push', { publicKey: key.publicKey }, 'test')
    const target = { ...house.target, account: 'acme-push', key }
    writeFileSync(house.at('error', 'x__12345678.csv'), rows)
    writeFileSync(house.at('error', 'x__12345678.receipt.json'), '{}')
    const local = house.writeLocal('pushed.csv', rows)
    const run = succeeded(await runSftp(target, [`put ${local}`, 'ls -1 /error']))
    assert.deepEqual(printed(run), ['/error/x__12345678.receipt.json'])
    const back = join(house.folder, 'x.back')
    succeeded(await runSftp(target, [`get /error/x__12345678.receipt.json ${back}`]))
    assert.equal((await runSftp(target, [`get /error/x__12345678.csv ${back}`])).code, 1)
    assert.equal((await runSftp(target, [`get /inbox/pushed.csv ${back}`])).code, 1)
  })

  it('gives one agency no byte of another', async () => {
    const input = { agency: 'other', name: 'Other County', timeZone: 'America/Chicago' }
    await house.agencies.create(input, 'test')
    await house.inbox.addAgency('other')
    const key = await createClientKey(house.folder, 'other-key')
    await house.agencies.addKey('other', { publicKey: key.publicKey }, 'test')
    const canary = randomBytes(12).toString('hex')
    const local = house.writeLocal('canary.csv', canary)
    succeeded(await runSftp(house.target, [`put ${local} ${canary}.csv`]))
    const back = join(house.folder, 'canary.back')
    const commands = [
      '-ls -1 /',
      '-ls -1 /inbox',
      '-ls -1 ../../acme/inbox',
      `-get ../../acme/inbox/${canary}.csv ${back}`,
      `-get /inbox/../../../acme/inbox/${canary}.csv ${back}`,
      `-get /inbox/${canary}.csv ${back}`,
    ]
    const run = await runSftp({ ...house.target, account: 'other', key }, commands)
    const replies = printed(run).join('\n')
    assert.doesNotMatch(replies, new RegExp(canary))
    assert.equal(statSync(back, { throwIfNoEntry: false }), undefined)
    assert.equal((await runSftp({ ...house.target, account: 'other' }, ['ls'])).code, 255)
  })

  it('serves ssh2-sftp-client', async () => {
    const client = new SftpClient()
    await client.connect({
      host: '127.0.0.1',
      port: house.target.port,
      username: 'acme',
      privateKey: house.key.privateKey,
    })
    try {
      const content = randomBytes(500_000)
      const local = house.writeLocal('npm.bin', content)
      assert.equal(await client.cwd(), '/inbox')
      await client.put(content, 'npm-put.csv')
      await client.fastPut(local, 'npm-fast.csv')
      await client.append(Buffer.from('tail'), 'npm-put.csv')
      assert.ok(((await client.get('npm-fast.csv')) as Buffer).equals(content))
      const stats = await client.stat('npm-put.csv')
      assert.equal(stats.size, content.length + 4)
      assert.equal(stats.isFile, true)
      assert.equal(await client.exists('/inbox'), 'd')
      assert.equal(await client.exists('no.csv'), false)
      await client.rename('npm-fast.csv', 'npm-renamed.csv')
      await client.posixRename('npm-renamed.csv', 'npm-fast.csv')
      await client.mkdir('one/two', true)
      await client.rmdir('one', true)
      const names = (await client.list('/inbox')).map(({ name }) => name)
      assert.ok(names.includes('npm-fast.csv') && !names.includes('one'))
      await client.chmod('npm-fast.csv', 0o666)
      await client.delete('npm-fast.csv')
    } finally {
      await client.end()
    }
  })

  it('writes down who came, with which key, and what they sent, in constant texts', async () => {
    succeeded(await runSftp(house.target, [`put ${house.writeLocal('log.csv', rows)} log.csv`]))
    const upload = await house.findUpload('log.csv')
    const line = house.log.find(({ uploadId }) => uploadId === upload?.uploadId)
    const find = (text: string) =>
      house.log.find(
        ({ message, sessionId }) => message === text && sessionId === line?.['sessionId'],
      )
    await until(() => find('Session ended'), 'the end of the session')
    const [opened, fileOpened, fileClosed] = [
      find('Session opened'),
      find('File opened'),
      find('File closed'),
    ]
    assert.match(String(opened?.['keyFingerprint']), /^SHA256:/)
    assert.equal(opened?.['kex'], 'curve25519-sha256')
    assert.equal(opened['account'], 'acme')
    assert.equal(opened['remoteAddress'], '127.0.0.1')
    assert.equal(fileOpened?.['uploadId'], upload?.uploadId)
    assert.equal(fileClosed?.['bytes'], rows.length)
    assert.equal(house.server.countSessions(), 0)
  })
})
