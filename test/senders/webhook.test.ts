import assert from 'node:assert/strict'
import { createServer } from 'node:net'
import type { AddressInfo } from 'node:net'
import { after, before, describe, it } from 'mocha'
import fc from 'fast-check'
import {
  createWebhookSecret,
  createWebhookSender,
  parseWebhookSecret,
  parseWebhookUrl,
} from '../../src/senders/index.ts'
import type { SendAnswer } from '../../src/senders/index.ts'
import { createReachableNetworks } from '../../src/senders/reachable-networks.ts'
import { signWebhook } from '../../src/senders/webhook-signature.ts'
import { describeSender } from './conformance.ts'
import { startHookServer, status } from './hook-server.ts'
import type { HookServer } from './hook-server.ts'

const secret = createWebhookSecret(Buffer.alloc(32, 7))
const now = () => new Date(1_614_265_330_000)

function createSender(more: { timeoutSeconds?: number; privateNetworks?: string[] } = {}) {
  const settings = { timeoutSeconds: 0.3, privateNetworks: ['127.0.0.0/8'], ...more }
  return createWebhookSender({ settings, userAgent: 'docketdrop/test', now })
}

const codeOf = (answer: SendAnswer) => ('code' in answer ? answer.code : answer.outcome)

describeSender('webhook', async () => {
  const server = await startHookServer()
  const sender = createSender()
  let taken: string[] = []
  return {
    sender,
    message: {
      id: '6f1d3c1e-0000-4000-8000-000000000001',
      to: { address: server.url, secrets: [secret] },
      subject: '',
      body: '{"a":1}',
    },
    async behave(how) {
      if (how === 'away') await server.close()
      server.reply = (response, { headers }) => {
        if (how === 'take') {
          taken = [...taken, String(headers['webhook-id'])]
          response.writeHead(204).end()
        } else if (how !== 'swallow') response.writeHead(how === 'busy' ? 429 : 422).end()
      }
    },
    ids: () => taken,
    close: () => sender.close(),
  }
})

describe('a webhook signature', () => {
  it('is that of Standard Webhooks', () => {
    const headers = signWebhook(
      {
        id: 'msg_p5jXN8AQM9LWM0D4loKWxJek',
        body: '{"test": 2432232314}',
        secrets: ['whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw'],
      },
      now(),
    )
    assert.deepEqual(headers, {
      'webhook-id': 'msg_p5jXN8AQM9LWM0D4loKWxJek',
      'webhook-timestamp': '1614265330',
      'webhook-signature': 'v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=',
    })
  })

  it('stands once for each secret, so that receivers can change over', () => {
    const other = createWebhookSecret(Buffer.alloc(32, 8))
    const { 'webhook-signature': both } = signWebhook(
      { id: 'a', body: 'b', secrets: [secret, other] },
      now(),
    )
    const { 'webhook-signature': last } = signWebhook(
      { id: 'a', body: 'b', secrets: [other] },
      now(),
    )
    assert.equal(both.split(' ').length, 2)
    assert.ok(both.endsWith(last))
  })

  it('takes secrets of 24 to 64 bytes in base64 and no others', () => {
    for (const bytes of [24, 32, 64])
      assert.equal(parseWebhookSecret(createWebhookSecret(Buffer.alloc(bytes, 1))).length, bytes)
    const wrong = [
      createWebhookSecret(Buffer.alloc(23)),
      createWebhookSecret(Buffer.alloc(65)),
      secret.slice('whsec_'.length),
      'whsec_',
      `${secret}%`,
    ]
    for (const text of wrong) assert.throws(() => parseWebhookSecret(text), /signing secret/, text)
  })
})

describe('the webhook sender', () => {
  let server: HookServer
  before(async () => (server = await startHookServer()))
  after(() => server.close())
  const send = (sender = createSender(), address = server.url) =>
    sender.send({ id: 'id-1', to: { address, secrets: [secret] }, subject: '', body: '{"a":"ü"}' })

  it('posts the very bytes that it signed, as JSON', async () => {
    await send()
    const { headers, body } = server.heard.at(-1)!
    const expected = signWebhook({ id: 'id-1', body, secrets: [secret] }, now())
    assert.equal(body, '{"a":"ü"}')
    assert.equal(headers['content-type'], 'application/json')
    assert.equal(headers['user-agent'], 'docketdrop/test')
    for (const [name, value] of Object.entries(expected)) assert.equal(headers[name], value)
  })

  it('follows no redirect', async () => {
    const other = await startHookServer()
    server.reply = status(307, { location: other.url })
    const answer = await send()
    await other.close()
    assert.equal(codeOf(answer), 'REDIRECTED')
    assert.deepEqual(other.heard, [])
  })

  for (const [code, outcome] of [
    [200, 'accepted'],
    [302, 'permanent'],
    [400, 'permanent'],
    [408, 'temporary'],
    [410, 'permanent'],
    [429, 'temporary'],
    [500, 'unknown'],
    [503, 'temporary'],
  ] as const)
    it(`calls an answer of ${code} ${outcome}`, async () => {
      server.reply = status(code)
      assert.equal((await send()).outcome, outcome)
    })

  it('tells when the other side wants to be asked again', async () => {
    server.reply = status(429, { 'retry-after': '120' })
    const answer = await send()
    assert.ok(answer.outcome === 'temporary' && answer.retryAfterMs === 120_000)
  })

  it('takes the status of an answer whose text never ends', async () => {
    server.reply = (response) => {
      response.writeHead(200)
      const more = () => {
        if (!response.destroyed) response.write('x'.repeat(65_536), () => setImmediate(more))
      }
      response.on('error', () => undefined)
      more()
    }
    assert.equal((await send()).outcome, 'accepted')
    server.reply = status(204)
  })

  it('calls a connection unknown that is cut after the request', async () => {
    server.reply = (response) => response.destroy()
    assert.equal((await send()).outcome, 'unknown')
    server.reply = status(204)
  })

  it('calls a server without TLS behind https unreachable, never delivered', async () => {
    const plain = createServer((socket) =>
      socket.end('HTTP/1.1 200 OK\r\n\r\n').on('error', () => undefined),
    )
    await new Promise<void>((resolve) => plain.listen(0, '127.0.0.1', resolve))
    const { port } = plain.address() as AddressInfo
    const answer = await send(createSender(), `https://127.0.0.1:${port}/`)
    plain.close()
    assert.equal(answer.outcome, 'temporary')
    assert.equal(codeOf(answer), 'TLS_FAILED')
  })

  it('reaches no private address that is not listed', async () => {
    const count = server.heard.length
    for (const networks of [[], ['10.0.0.0/8']])
      assert.equal(
        codeOf(await send(createSender({ privateNetworks: networks }))),
        'ADDRESS_REFUSED',
      )
    assert.equal(server.heard.length, count)
  })

  it('dials the address it judged, though the name means another one a moment later', async () => {
    let asked = 0
    const sender = createWebhookSender({
      settings: { timeoutSeconds: 1, privateNetworks: ['127.0.0.0/8'] },
      userAgent: 'test',
      now,
      resolve: () => {
        asked += 1
        return Promise.resolve([{ address: asked === 1 ? '127.0.0.1' : '127.9.9.9', family: 4 }])
      },
    })
    const answer = await send(sender, server.url.replace('127.0.0.1', 'court.invalid'))
    assert.equal(answer.outcome, 'accepted')
    assert.equal(asked, 1)
    assert.equal(server.heard.at(-1)?.headers.host?.startsWith('court.invalid:'), true)
  })

  it('sends plain http to own networks alone', async () => {
    const sender = createWebhookSender({
      settings: { timeoutSeconds: 1, privateNetworks: ['127.0.0.0/8'] },
      userAgent: 'test',
      now,
      resolve: () => Promise.resolve([{ address: '93.184.216.34', family: 4 }]),
    })
    assert.equal(codeOf(await send(sender, 'http://court.invalid/')), 'ADDRESS_REFUSED')
  })
})

describe('the address of a webhook', () => {
  it('is http or https, without a password and without a fragment', () => {
    assert.equal(parseWebhookUrl('https://Court.example/a?b=c').href, 'https://court.example/a?b=c')
    for (const wrong of [
      'ftp://court.example/',
      'file:///etc/passwd',
      'court.example/hook',
      'https://user:secret@court.example/',
      'https://court.example/#a',
      '',
    ])
      assert.throws(() => parseWebhookUrl(wrong), /address of a webhook/, wrong)
  })
})

describe('networks that webhooks reach', () => {
  const networks = createReachableNetworks([
    '10.1.0.0/16',
    'fd12::/16',
    '127.0.0.0/8',
    '169.254.0.0/16',
  ])

  it('are the public ones and those that are listed', () => {
    assert.equal(networks.judge('93.184.216.34'), 'public')
    assert.equal(networks.judge('2606:4700::1111'), 'public')
    assert.equal(networks.judge('10.1.2.3'), 'private')
    assert.equal(networks.judge('fd12::1'), 'private')
    assert.equal(networks.judge('::ffff:10.1.2.3'), 'private')
    for (const closed of [
      '10.2.0.1',
      '192.168.0.1',
      '172.31.0.1',
      '100.64.0.1',
      '::1',
      'fd13::1',
      '64:ff9b::a00:1',
      '2002:a00:1::',
    ])
      assert.equal(networks.judge(closed), undefined, closed)
  })

  it('are never the metadata services of clouds, this host by nought, or everybody at once', () => {
    for (const closed of [
      '169.254.169.254',
      '0.0.0.0',
      '::',
      '224.0.0.1',
      '255.255.255.255',
      'fe80::1',
      'fd00:ec2::254',
      '::ffff:a9fe:a9fe',
    ])
      assert.equal(networks.judge(closed), undefined, closed)
  })

  it('do not depend on whether an IPv4 address comes in IPv6 dress', () => {
    fc.assert(
      fc.property(fc.ipV4(), (address) => {
        const [a = 0, b = 0, c = 0, d = 0] = address.split('.').map(Number)
        const hex = `::ffff:${(a * 256 + b).toString(16)}:${(c * 256 + d).toString(16)}`
        assert.equal(networks.judge(hex), networks.judge(address))
        assert.equal(networks.judge(`::ffff:${address}`), networks.judge(address))
      }),
    )
  })

  it('are refused at the start when one cannot be read', () => {
    for (const wrong of ['10.0.0.0/33', 'ten', '10.0.0.0/8/9', '10.0.0.0/'])
      assert.throws(() => createReachableNetworks([wrong]), /is no network/, wrong)
  })
})
