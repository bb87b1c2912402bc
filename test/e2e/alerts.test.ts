import assert from 'node:assert/strict'
import { createHmac } from 'node:crypto'
import { after, before, describe, it } from 'mocha'
import { startHookServer, status } from '../senders/hook-server.ts'
import type { HookServer } from '../senders/hook-server.ts'
import { startMailServer } from '../senders/mail-server.ts'
import type { MailServer } from '../senders/mail-server.ts'
import { ecrFile, ecrRow, ecrTemplate } from '../support/ecr.ts'
import { createKey, createTestHome, sftp } from '../support/serve.ts'
import type { Served, TestHome } from '../support/serve.ts'

interface Told {
  readonly type: string
  readonly data: Readonly<Record<string, unknown>>
}

describe('alerts of a running server', function () {
  this.timeout(180_000)
  let home: TestHome
  let served: Served
  let hooks: HookServer
  let mail: MailServer
  let key: string
  let secret: string

  before(async () => {
    hooks = await startHookServer()
    mail = await startMailServer()
    home = createTestHome({
      DOCKETDROP_WEBHOOK_PRIVATE_NETWORKS: '127.0.0.0/8',
      DOCKETDROP_SMTP_HOST: '127.0.0.1',
      DOCKETDROP_SMTP_PORT: String(mail.port),
      DOCKETDROP_SMTP_SECURE: 'none',
      DOCKETDROP_SMTP_FROM: 'docketdrop@court.example',
    })
    served = await home.serve()
    key = createKey(home)
    home.cli('agency', 'add', 'travis', '--name', 'Travis', '--time-zone', 'America/Chicago')
    home.cli('key', 'add', 'travis', `${key}.pub`)
    home.cli('template', 'import', 'travis', home.write('t.yaml', ecrTemplate))
    secret = home.cli('alert', 'add', 'travis', '--webhook', hooks.url).data.secret as string
    home.cli('alert', 'add', 'travis', '--email', 'it@court.example')
  })
  after(async () => {
    await home.remove()
    await hooks.close()
    await mail.close()
  })

  const until = async (holds: () => boolean | Promise<boolean>, what: string) => {
    const deadline = Date.now() + 60_000
    while (!(await holds())) {
      assert.ok(Date.now() < deadline, what)
      await new Promise((resolve) => setTimeout(resolve, 50))
    }
  }
  const told = () => hooks.heard.map(({ body }) => JSON.parse(body) as Told)
  const put = (name: string, text: string) =>
    sftp(served.sftpPort, 'travis', key, `put ${home.write(name, text)}\n`).status

  it('tell a program of a file from its arrival to its import, signed', async () => {
    assert.equal(put('night.csv', ecrFile([1, 2, 3].map((number) => ecrRow(number)))), 0)
    await until(
      () => told().some(({ type }) => type === 'upload.imported'),
      'no word of the import',
    )
    const [first, last] = told()
    assert.deepEqual([first?.type, last?.type], ['upload.received', 'upload.imported'])
    assert.equal(last?.data['fileName'], 'night.csv')
    assert.equal((last.data['rows'] as { accepted: number }).accepted, 3)
    for (const { headers, body } of hooks.heard) {
      const hmac = createHmac('sha256', Buffer.from(secret.slice('whsec_'.length), 'base64'))
      const text = `${String(headers['webhook-id'])}.${String(headers['webhook-timestamp'])}.${body}`
      assert.equal(headers['webhook-signature'], `v1,${hmac.update(text).digest('base64')}`)
    }
    assert.deepEqual(mail.mails, [])
  })

  it('tell people within a minute of a file that is held, and what to type', async () => {
    const text = ecrFile([4, 5, 6].map((number) => ecrRow(number)))
    assert.equal(put('cut.csv', text.slice(0, -20)), 0)
    await until(() => mail.mails.length > 0, 'no mail about the held file')
    // lines are broken for the road (RFC 2045 §6.7)
    const one = (mail.mails[0] ?? '').replace(/=\r\n/g, '')
    const [{ uploadId }] = home.cli('uploads', 'list', 'travis').data as [{ uploadId: string }]
    assert.match(one, /Subject: \[docketdrop\] travis: cut\.csv is held/)
    assert.match(one, new RegExp(`docketdrop uploads release travis ${uploadId.slice(-8)}`))
    assert.doesNotMatch(one, /\bAna\b|\bLee\b|P0006|512555/)
  })

  it('wait through a receiver that is away, are counted, and arrive under their id', async () => {
    hooks.reply = status(503)
    const count = hooks.heard.length
    assert.equal(put('again.csv', ecrFile([7, 8, 9].map((number) => ecrRow(number)))), 0)
    await until(() => hooks.heard.length > count, 'not even tried')
    const scrape = await fetch(`http://127.0.0.1:${served.telemetryPort}/metrics`)
    assert.match(await scrape.text(), /^docketdrop_alerts\{state="failed"\} 0$/m)
    hooks.reply = status(204)
    home.cli('alert', 'retry', 'travis')
    const listWaiting = () =>
      home.cli('alert', 'log', 'travis', '--state', 'waiting').data as unknown[]
    await until(() => listWaiting().length === 0, 'the receiver is back and was not told')
    const ids = hooks.heard.slice(count).map(({ headers }) => headers['webhook-id'])
    assert.ok(ids.length > new Set(ids).size)
  })
})
