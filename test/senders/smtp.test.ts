import assert from 'node:assert/strict'
import { afterEach, describe, it } from 'mocha'
import type { SMTPServerOptions } from 'smtp-server'
import { createSmtpSender } from '../../src/senders/index.ts'
import type { Sender, SmtpSettings } from '../../src/senders/index.ts'
import { describeSender } from './conformance.ts'
import { refusal, startMailServer } from './mail-server.ts'
import type { MailServer } from './mail-server.ts'

const message = {
  id: '6f1d3c1e-0000-4000-8000-000000000001',
  to: { address: 'clerk@court.example' },
  subject: 'A file is held',
  body: 'Look at it.\n',
}
const patience = { connect: 2000, silence: 300, total: 2000 }
const settings = (port: number): SmtpSettings => ({
  host: '127.0.0.1',
  port,
  secure: 'none',
  from: 'docketdrop@court.example',
})

describeSender('SMTP', async () => {
  let how = 'take'
  const ids: string[] = []
  const server = await startMailServer({
    onRcptTo(_address, _session, done) {
      if (how === 'refuse') done(refusal(550, '5.1.1 <clerk@court.example> no such user'))
      else if (how === 'busy') done(refusal(451, '4.7.1 greylisted'))
      else done()
    },
    onData(stream, _session, done) {
      let source = ''
      stream.on('data', (chunk: Buffer) => (source += chunk.toString()))
      stream.on('end', () => {
        if (how === 'swallow') return
        ids.push(/^Message-ID: <(.*)@court\.example>/im.exec(source)?.[1] ?? '')
        done()
      })
    },
  })
  const sender = createSmtpSender(settings(server.port), patience)
  return {
    sender,
    message,
    async behave(next) {
      how = next
      if (next === 'away') await server.close()
    },
    ids: () => ids,
    close: () => sender.close(),
  }
})

describe('the SMTP sender', () => {
  let server: MailServer | undefined
  let sender: Sender | undefined
  async function open(
    options: SMTPServerOptions = {},
    more: Partial<SmtpSettings> = {},
  ): Promise<Sender> {
    server = await startMailServer(options)
    return (sender = createSmtpSender({ ...settings(server.port), ...more }, patience))
  }
  afterEach(async () => {
    await sender?.close()
    await server?.close()
  })

  it('answers NOT_SET_UP without a mail server, and dials nothing', async () => {
    sender = createSmtpSender({ port: 587, secure: 'starttls' })
    const answer = await sender.send(message)
    assert.ok(answer.outcome === 'temporary' && answer.code === 'NOT_SET_UP' && answer.isWide)
  })

  it('sends plain text that answering machines leave alone', async () => {
    await (await open()).send(message)
    const [mail = ''] = server?.mails ?? []
    assert.match(mail, /^Subject: A file is held\r$/m)
    assert.match(mail, /^Auto-Submitted: auto-generated\r$/m)
    assert.match(mail, /^To: clerk@court\.example\r$/m)
    assert.match(mail, /\r\n\r\nLook at it\./)
  })

  it('sends nothing unencrypted to a server that offers no STARTTLS', async () => {
    const answer = await (await open({}, { secure: 'starttls' })).send(message)
    assert.ok(
      answer.outcome === 'temporary' && answer.code === 'TLS_FAILED',
      JSON.stringify(answer),
    )
    assert.deepEqual(server?.mails, [])
  })

  it('refuses the self-made certificate of a stranger', async () => {
    const answer = await (
      await open({ disabledCommands: [] }, { secure: 'starttls' })
    ).send(message)
    assert.ok(
      answer.outcome === 'temporary' && answer.code === 'TLS_FAILED',
      JSON.stringify(answer),
    )
  })

  it('takes a wrong password for something that people mend', async () => {
    const onAuth: SMTPServerOptions['onAuth'] = (_auth, _session, done) =>
      done(refusal(535, '5.7.8 wrong'))
    const answer = await (await open({ onAuth }, { user: 'dd', password: 'wrong' })).send(message)
    assert.ok(answer.outcome === 'temporary' && answer.code === 'SIGN_IN_REFUSED' && answer.isWide)
  })

  it('takes a refusal of our own address for something that people mend', async () => {
    const onMailFrom: SMTPServerOptions['onMailFrom'] = (_address, _session, done) =>
      done(refusal(553, '5.7.1 sender not allowed'))
    const answer = await (await open({ onMailFrom })).send(message)
    assert.ok(answer.outcome === 'temporary' && answer.code === 'SENDER_REFUSED' && answer.isWide)
  })

  it('tells the codes of a refusal and not its words, which name people', async () => {
    const onRcptTo: SMTPServerOptions['onRcptTo'] = (_address, _session, done) =>
      done(refusal(550, '5.1.1 <clerk@court.example> unknown'))
    const answer = await (await open({ onRcptTo })).send(message)
    assert.deepEqual(answer, {
      outcome: 'permanent',
      code: 'RECIPIENT_REFUSED',
      detail: '550 5.1.1',
      retryAfterMs: null,
      isWide: false,
    })
  })

  it('calls a mail permanent that was refused after its text, as for spam', async () => {
    const onData: SMTPServerOptions['onData'] = (stream, _session, done) => {
      stream.resume()
      stream.on('end', () => done(refusal(554, '5.7.1 spam')))
    }
    const answer = await (await open({ onData })).send(message)
    assert.ok(answer.outcome === 'permanent' && answer.code === 'MESSAGE_REFUSED')
  })

  it('is not led to write a second header by a line break in the subject', async () => {
    await (await open()).send({ ...message, subject: 'x\r\nBcc: thief@evil.example' })
    assert.doesNotMatch(server?.mails[0] ?? '', /^Bcc:/m)
  })

  it('sends a second mail over the same connection', async () => {
    let connections = 0
    const one = await open({
      onConnect(_session, done) {
        connections += 1
        done()
      },
    })
    await one.send(message)
    await one.send(message)
    assert.equal(connections, 1)
  })
})
