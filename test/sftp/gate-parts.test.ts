import assert from 'node:assert/strict'
import fc from 'fast-check'
import { ConfigError } from '../../src/errors/index.ts'
import { createDescriptorWatch } from '../../src/sftp/descriptors.ts'
import { judgeGreeting } from '../../src/sftp/judge-greeting.ts'
import { createNetworkList } from '../../src/sftp/network-list.ts'
import { parseListeners } from '../../src/sftp/parse-listeners.ts'
import { createSampledLog } from '../../src/sftp/sampled-log.ts'
import { toSourceNetwork } from '../../src/sftp/source-network.ts'
import { recordLog } from '../support/record-log.ts'

describe('source network', () => {
  it('is the address itself for IPv4, however it comes', () => {
    assert.equal(toSourceNetwork('203.0.113.9'), '203.0.113.9')
    assert.equal(toSourceNetwork('::ffff:203.0.113.9'), '203.0.113.9')
  })

  it('is the /64 for IPv6, in one spelling', () => {
    for (const address of [
      '2001:db8:0:1::5',
      '2001:0DB8:0000:0001:ffff:ffff:ffff:ffff',
      '2001:db8:0:1:0:0:1.2.3.4',
      '2001:db8:0:1::/64',
    ])
      assert.equal(toSourceNetwork(address), '2001:db8:0:1::/64', address)
    assert.equal(toSourceNetwork('::1'), '0:0:0:0::/64')
    assert.equal(toSourceNetwork('fe80::1%eth0'), 'fe80:0:0:0::/64')
    assert.equal(toSourceNetwork('2001:db8:1:2:3::'), '2001:db8:1:2::/64')
  })

  it('stays as it is when it is asked for again', () => {
    fc.assert(
      fc.property(fc.ipV6(), (address) => {
        const network = toSourceNetwork(address)
        assert.ok(network !== undefined)
        assert.equal(toSourceNetwork(network), network)
      }),
    )
  })

  it('is nothing for what is no address', () => {
    for (const text of ['', 'acme', '203.0.113', '203.0.113.0/24']) {
      assert.equal(toSourceNetwork(text), undefined, text)
    }
  })
})

describe('network list', () => {
  it('holds single addresses and networks of both families', () => {
    const list = createNetworkList('sftp.allowFrom', [
      '203.0.113.9',
      '198.51.100.0/24',
      '2001:db8::/32',
    ])
    for (const inside of ['203.0.113.9', '::ffff:203.0.113.9', '198.51.100.200', '2001:db8:9::1'])
      assert.ok(list.contains(inside), inside)
    for (const outside of ['203.0.113.8', '198.51.101.1', '2001:db9::1', 'nonsense', ''])
      assert.ok(!list.contains(outside), outside)
  })

  for (const entry of [
    'acme.example',
    '203.0.113.9/33',
    '203.0.113.9/',
    '203.0.113.9/8/8',
    '203.0.113.9/-1',
    '::1/129',
  ])
    it(`names an entry that cannot be read: ${entry}`, () => {
      assert.throws(
        () => createNetworkList('sftp.denyFrom', ['203.0.113.1', entry]),
        (error) =>
          error instanceof ConfigError && error.message.includes(`sftp.denyFrom has "${entry}"`),
      )
    })
})

describe('listeners of the settings', () => {
  const main = {
    host: '0.0.0.0',
    port: 2022,
    profile: 'default',
    proxyFrom: ['10.0.0.0/8'],
  } as const
  const parse = (...moreListeners: string[]) =>
    parseListeners({ ...main, proxyFrom: [...main.proxyFrom], moreListeners })

  it('are the main one and the further ones, in this order', () => {
    assert.deepEqual(
      parse('127.0.0.1:2222=legacy', '[::]:2023=strict+proxy', 'sftp.example:22=fips'),
      [
        { host: '0.0.0.0', port: 2022, profile: 'default', isProxied: false },
        { host: '127.0.0.1', port: 2222, profile: 'legacy', isProxied: false },
        { host: '::', port: 2023, profile: 'strict', isProxied: true },
        { host: 'sftp.example', port: 22, profile: 'fips', isProxied: false },
      ],
    )
  })

  for (const [entry, why] of [
    ['2222', 'host:port=profile'],
    ['127.0.0.1:2222', 'host:port=profile'],
    ['::1:2222=strict', 'host:port=profile'],
    ['127.0.0.1:70000=strict', 'no such port'],
    ['127.0.0.1:2222=old', 'no profile "old"'],
    ['127.0.0.1:2222=strict+proxi', 'host:port=profile'],
    ['0.0.0.0:2022=strict', 'another listener'],
  ] as const)
    it(`names what is wrong with ${entry}`, () => {
      assert.throws(
        () => parse(entry),
        (error) =>
          error instanceof ConfigError &&
          error.message.includes(`"${entry}"`) &&
          error.message.includes(why),
      )
    })

  it('are refused behind a balancer when nobody says which balancer', () => {
    assert.throws(
      () => parseListeners({ ...main, proxyFrom: [], moreListeners: ['0.0.0.0:1=default+proxy'] }),
      /sftp\.proxyFrom/,
    )
  })
})

describe('first line of a client', () => {
  it('is a greeting only when it is one of SSH 2', () => {
    for (const line of ['SSH-2.0-OpenSSH_9.2p1 Debian-2\r\n', 'SSH-2.0-x\n', 'SSH-1.99-old\r\n'])
      assert.equal(judgeGreeting(Buffer.from(line)), 'complete', line)
    for (const line of [
      'GET / HTTP/1.1\r\n',
      '\x16\x03\x01\x02\x00\x01',
      '\r\n',
      'SSH-1.5-nmap\r\n',
      'SSH-2.0-\r\n',
      'SSx',
      `SSH-2.0-${'x'.repeat(300)}`,
    ])
      assert.equal(judgeGreeting(Buffer.from(line)), 'garbage', line)
  })

  it('is known for the header of a balancer that nobody asked for', () => {
    assert.equal(judgeGreeting(Buffer.from('PROXY TCP4 1.2.3.4')), 'proxy-header')
    assert.equal(judgeGreeting(Buffer.from('\r\n\r\n\0\r\nQUIT\n')), 'proxy-header')
    assert.equal(judgeGreeting(Buffer.from('PRO')), 'incomplete')
  })

  it('is waited for as long as it can still become one', () => {
    const line = 'SSH-2.0-OpenSSH_9.2p1\r\n'
    for (let length = 0; length < line.length; length++)
      assert.equal(judgeGreeting(Buffer.from(line.slice(0, length))), 'incomplete', `${length}`)
  })
})

describe('descriptors', () => {
  it('are kept back for running transfers, and counted anew after a while', () => {
    let now = 0
    let used = 930
    const hasSpare = createDescriptorWatch({ limit: 1000, count: () => used, now: () => now })
    const answers = Array.from({ length: 8 }, hasSpare)
    assert.deepEqual(answers, [true, true, true, true, true, true, true, false])
    now = 300
    used = 500
    assert.equal(hasSpare(), true)
  })
})

describe('sampled log', () => {
  it('writes ten lines of a kind in a minute and counts the others', () => {
    let now = 0
    const { log, lines } = recordLog()
    const note = createSampledLog(log, () => now)
    for (let index = 0; index < 5000; index++) note('Connection refused', { reason: 'banned' })
    note('Address banned', {})
    assert.equal(lines().length, 11)
    now = 61_000
    note('Connection refused', { reason: 'banned' })
    assert.equal(lines().at(-1)?.['notShown'], 4990)
  })
})
