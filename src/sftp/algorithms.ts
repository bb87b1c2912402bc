import type { Algorithms } from 'ssh2'

/**
 * The algorithms that are offered; whatever is not listed does not exist (design/ingestion.md §2, reference of ssh2 1.17).
 *
 * No SHA-1, no group exchange (ssh2's server cannot do it), no group above 16 (Node computes it on the event loop), no
 * compression (its errors cannot be caught), AES-GCM first. The client's order decides, so chacha20, which is slower here,
 * is offered only on wish.
 */
export function createAlgorithms({ chacha20 }: { chacha20: boolean }): Algorithms {
  return {
    kex: [
      'curve25519-sha256',
      'curve25519-sha256@libssh.org',
      'ecdh-sha2-nistp256',
      'ecdh-sha2-nistp384',
      'ecdh-sha2-nistp521',
      'diffie-hellman-group16-sha512',
      'diffie-hellman-group14-sha256',
    ],
    serverHostKey: ['ssh-ed25519', 'ecdsa-sha2-nistp256'],
    cipher: [
      'aes128-gcm@openssh.com',
      'aes256-gcm@openssh.com',
      'aes256-ctr',
      'aes128-ctr',
      ...(chacha20 ? (['chacha20-poly1305@openssh.com'] as const) : []),
    ],
    hmac: [
      'hmac-sha2-256-etm@openssh.com',
      'hmac-sha2-512-etm@openssh.com',
      'hmac-sha2-256',
      'hmac-sha2-512',
    ],
    compress: ['none'],
  }
}
