import assert from 'node:assert/strict'
import { Writable } from 'node:stream'
import type { ExpiringKey } from '../../src/agencies/index.ts'
import { createLogger } from '../../src/log/index.ts'
import { createKeyExpiryWatch } from '../../src/sftp/key-expiry-watch.ts'

function createKey(account: string, isReplaced: boolean): ExpiringKey {
  const at = new Date('2026-12-01T00:00:00Z')
  return {
    keyId: account,
    agencyId: 1,
    accountId: 1,
    account,
    agency: 'acme',
    keyType: 'ssh-ed25519',
    publicKey: Buffer.alloc(0),
    fingerprint: 'SHA256:x',
    label: 'night job of Jane Doe',
    fromNetworks: [],
    expiresAt: at,
    revokedAt: null,
    lastUsedAt: null,
    createdAt: at,
    isReplaced,
  }
}

function watch(listExpiringKeys: (days: number) => Promise<ExpiringKey[]>) {
  const lines: { level: string; message: string; account?: string }[] = []
  const stream = new Writable({
    write(chunk, _encoding, done) {
      lines.push(JSON.parse(String(chunk)) as (typeof lines)[number])
      done()
    },
  })
  const log = createLogger({ level: 'debug', format: 'json', stream })
  return { lines, watch: createKeyExpiryWatch({ agencies: { listExpiringKeys }, log }) }
}

const settle = () => new Promise((resolve) => setTimeout(resolve, 20))

describe('key expiry watch', () => {
  it('warns at the start of keys that end within 30 days, more softly where another one goes on', async () => {
    const asked: number[] = []
    const { lines, watch: started } = watch((days) => {
      asked.push(days)
      return Promise.resolve([createKey('alone', false), createKey('replaced', true)])
    })
    started.start()
    await settle()
    started.stop()
    assert.deepEqual(asked, [30])
    assert.deepEqual(
      lines.map(({ level, account }) => [level, account]),
      [
        ['warn', 'alone'],
        ['info', 'replaced'],
      ],
    )
    assert.doesNotMatch(JSON.stringify(lines), /Jane/)
  })

  it('goes on when the database is away', async () => {
    const { lines, watch: started } = watch(() => Promise.reject(new Error('away')))
    started.start()
    await settle()
    started.stop()
    assert.match(lines[0]?.message ?? '', /not looked for/)
  })
})
