import assert from 'node:assert/strict'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { listSettings, loadConfig, packageRoot } from '../../src/config/index.ts'
import { ConfigError } from '../../src/errors/index.ts'

function refusal(env: NodeJS.ProcessEnv, flags = {}): ConfigError {
  try {
    loadConfig(flags, env)
  } catch (error) {
    assert.ok(error instanceof ConfigError)
    return error
  }
  throw new assert.AssertionError({ message: 'the settings were taken' })
}

describe('loadConfig', () => {
  let folder: string
  before(() => (folder = mkdtempSync(join(tmpdir(), 'dd-config-'))))
  after(() => rmSync(folder, { recursive: true }))

  const write = (name: string, text: string) => {
    const path = join(folder, name)
    writeFileSync(path, text)
    return path
  }

  it('has a default for everything, with home and keys in the package', () => {
    const { config, origins } = loadConfig({}, {})
    assert.equal(config.home, join(packageRoot, 'var'))
    assert.equal(config.keys, join(packageRoot, 'keys'))
    assert.equal(config.sftp.port, 2022)
    assert.equal(config.settleMs, 10_000)
    assert.equal(config.maxUploadBytes, 2 * 1024 ** 3)
    assert.equal(origins['sftp.port'], 'default')
  })

  it('lets a flag beat the environment, the environment a *_FILE, a *_FILE the file, and the file the default', () => {
    const file = write(
      'settings.yaml',
      'sftp:\n  port: 1\n  host: 10.0.0.1\nsettleMs: 5\nlog: { level: warn }\n',
    )
    const env = {
      DOCKETDROP_CONFIG: file,
      DOCKETDROP_SFTP_PORT: '3',
      DOCKETDROP_SETTLE_MS: '7',
      DOCKETDROP_SFTP_HOST_FILE: write('host', '10.0.0.2\n'),
      DOCKETDROP_SETTLE_MS_FILE: write('settle', '6'),
    }
    const { config, origins } = loadConfig({ 'sftp.port': 4 }, env)
    assert.equal(config.sftp.port, 4)
    assert.equal(config.settleMs, 7)
    assert.equal(config.sftp.host, '10.0.0.2')
    assert.equal(config.log.level, 'warn')
    assert.deepEqual(
      [origins['sftp.port'], origins['settleMs'], origins['sftp.host'], origins['log.level']],
      ['flag', 'environment', 'file-variable', 'file'],
    )
  })

  it('refuses an unknown variable and an unknown key with the nearest known one', () => {
    assert.match(
      refusal({ DOCKETDROP_SFPT_PORT: '1' }).message,
      /DOCKETDROP_SFPT_PORT.*DOCKETDROP_SFTP_PORT/,
    )
    assert.match(
      refusal({ DOCKETDROP_CONFIG: write('typo.yaml', 'sftp: { prot: 1 }') }).message,
      /sftp\.prot.*sftp\.port/,
    )
  })

  it('tells every wrong value at once, with its variable and where it came from', () => {
    const { message, code } = refusal({
      DOCKETDROP_SFTP_PORT: 'many',
      DOCKETDROP_LOG_LEVEL: 'loud',
    })
    assert.equal(code, 'CONFIG_INVALID')
    assert.match(message, /DOCKETDROP_SFTP_PORT \(from environment\)/)
    assert.match(message, /DOCKETDROP_LOG_LEVEL \(from environment\)/)
  })

  it('refuses a database address of another kind and a missing file', () => {
    assert.match(refusal({ DATABASE_URL: 'mysql://x' }).message, /DATABASE_URL/)
    assert.equal(
      refusal({ DOCKETDROP_CONFIG: join(folder, 'none.yaml') }).code,
      'CONFIG_UNREADABLE',
    )
  })

  it('describes every setting for people', () => {
    for (const { variable, meaning } of listSettings()) {
      assert.match(variable, /^(DATABASE_URL|DOCKETDROP_[A-Z0-9_]+)$/)
      assert.ok(meaning.length > 10, variable)
    }
  })
})
