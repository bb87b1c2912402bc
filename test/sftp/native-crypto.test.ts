import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { join } from 'node:path'

const root = join(import.meta.dirname, '../..')
const without = ['--require', join(root, 'test/support/without-native-crypto.cjs')]

/** What a process of its own says, since a process loads ssh2 once. */
function ask(program: string, options: readonly string[] = []): string {
  const face = JSON.stringify(join(root, 'src/sftp/index.ts'))
  const code = `import { hasNativeCrypto } from ${face}\n${program}`
  return execFileSync(
    process.execPath,
    [...options, '--import', 'tsx', '--input-type=module', '-e', code],
    // Without the options of this process, which may be the very ones.
    { cwd: root, encoding: 'utf8', env: { ...process.env, NODE_OPTIONS: '' } },
  ).trim()
}

describe('the compiled part of ssh2', () => {
  it('is told to be in use where it was built', () => {
    const built = existsSync(
      join(root, 'node_modules/ssh2/lib/protocol/crypto/build/Release/sshcrypto.node'),
    )
    assert.equal(ask('console.log(hasNativeCrypto())'), String(built))
  })

  it('is told to be missing where it cannot be loaded, and nothing else is', () => {
    const internals = JSON.stringify(join(root, 'src/sftp/ssh2-internals.ts'))
    const program = `
      const { assertSsh2Fits } = await import(${internals})
      assertSsh2Fits()
      console.log(hasNativeCrypto())`
    assert.equal(ask(program, without), 'false')
  })
})
