import assert from 'node:assert/strict'
import { toOpenMode } from '../../src/sftp/operations/open-mode.ts'

const none = {
  read: false,
  write: false,
  create: false,
  truncate: false,
  exclusive: false,
  append: false,
}

describe('open mode', () => {
  for (const [flags, client, expected] of [
    [0x01, 'a download', { read: true }],
    [0x1a, 'OpenSSH put', { write: true, create: true, truncate: true }],
    [0x0e, 'OpenSSH put -a', { write: true, create: true, append: true }],
    [0x0a, 'WinSCP resuming', { write: true, create: true }],
    [0x02, 'curl and PuTTY resuming', { write: true }],
    [0x12, 'WRITE with TRUNC', { write: true, truncate: true }],
    [0x2b, 'sshfs making a new file', { read: true, write: true, create: true, exclusive: true }],
    [0x08, 'CREAT alone', { write: true, create: true }],
    [0x09, 'READ with CREAT, which writes nothing', { read: true, create: true }],
    [0x05, 'READ with APPEND', { read: true, write: true, append: true }],
  ] as const) {
    it(`understands ${client}`, () => {
      assert.deepEqual(toOpenMode(flags), { ...none, ...expected })
    })
  }
})
