import assert from 'node:assert/strict'
import { isFromNetworks, toPlainAddress } from '../../src/sftp/networks.ts'

describe('networks', () => {
  for (const [address, networks, expected] of [
    ['192.0.2.7', [], true],
    ['192.0.2.7', ['192.0.2.0/24'], true],
    ['192.0.3.7', ['192.0.2.0/24'], false],
    ['192.0.3.7', ['192.0.2.0/24', '192.0.3.7'], true],
    ['::ffff:192.0.2.7', ['192.0.2.0/24'], true],
    ['2001:db8::7', ['2001:db8::/32'], true],
    ['2001:db9::7', ['2001:db8::/32'], false],
    ['192.0.2.7', ['2001:db8::/32'], false],
    ['192.0.2.7', ['nonsense'], false],
    ['', ['0.0.0.0/0'], false],
  ] as const) {
    it(`${expected ? 'lets in' : 'keeps out'} ${address || 'nobody'} with ${JSON.stringify(networks)}`, () => {
      assert.equal(isFromNetworks(address, networks), expected)
    })
  }

  it('shows IPv4 addresses plainly', () => {
    assert.equal(toPlainAddress('::ffff:192.0.2.7'), '192.0.2.7')
    assert.equal(toPlainAddress('2001:db8::1'), '2001:db8::1')
  })
})
