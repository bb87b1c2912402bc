import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { join } from 'node:path'
import { packageRoot } from '../../src/config/index.ts'
import { toQuotaChanges } from '../../src/cli/quota-options.ts'
import { useDatabase } from '../support/database.ts'
import { createTestHome } from '../support/serve.ts'
import type { CliAnswer, TestHome } from '../support/serve.ts'

describe('docketdrop account set and agency set', function () {
  this.timeout(180_000)
  const database = useDatabase()
  let home: TestHome

  /** The command line as it is in the sources, so that no build is needed. */
  function start(words: string[], env: NodeJS.ProcessEnv = {}) {
    const args = ['--import', 'tsx', join(packageRoot, 'src', 'main.ts'), ...words]
    return spawnSync(process.execPath, args, {
      env: { ...home.env, DATABASE_URL: database.url, ...env },
      encoding: 'utf8',
    })
  }
  function run(words: string, env: NodeJS.ProcessEnv = {}): CliAnswer {
    const { status, stdout, stderr } = start(['--json', ...words.split(' ')], env)
    assert.notEqual(stdout, '', stderr)
    return { ...(JSON.parse(stdout) as CliAnswer), code: status }
  }

  before(() => {
    home = createTestHome()
    assert.equal(run('migrate up').code, 0)
    assert.equal(run('agency add acme --name Acme --time-zone America/Chicago').code, 0)
  })
  after(() => home.remove())

  it('limit an account, show the limits and what is used, and take them away', () => {
    const limits = '--max-file-bytes 500MB --max-day-bytes 2GiB --max-day-files 10'
    const set = run(`account set acme ${limits} --max-entries 100 --max-bytes-per-second 1MB`)
    assert.equal(set.code, 0)
    const { data } = run('account show acme')
    assert.deepEqual(data.quota, {
      maxFileBytes: 500_000_000,
      maxDayBytes: 2 ** 31,
      maxDayFiles: 10,
      maxEntries: 100,
      maxBytesPerSecond: 1_000_000,
    })
    assert.deepEqual(data.used, { dayFiles: 0, dayBytes: 0, entries: 0 })
    const card = start(['account', 'show', 'acme']).stdout
    assert.match(card, /Limits +a file up to 500 MB\n +2 GiB in 24 hours, 0 bytes used\n/)
    assert.match(card, / {2}10 file\(s\) in 24 hours, 0 used\n/)
    run('account set acme --max-day-bytes none')
    assert.equal(run('account show acme').data.quota.maxDayBytes, null)
    assert.equal(run('account show acme').data.quota.maxFileBytes, 500_000_000)
  })

  it('refuse what is no limit, exit 2', () => {
    const { code, error } = run('account set acme --max-file-bytes 500M')
    assert.deepEqual([code, error?.code], [2, 'USAGE_INVALID'])
    assert.match(error?.message ?? '', /500MB, 2GiB or 4096/)
    const wrong = [{ maxDayFiles: '0' }, { maxEntries: 'many' }, { maxDayFiles: '1.5' }]
    for (const options of [...wrong, { maxDayBytes: '-5' }, { maxBytesPerSecond: '' }])
      assert.throws(() => toQuotaChanges(options), { code: 'USAGE_INVALID' })
    assert.deepEqual(toQuotaChanges({ maxEntries: 'none' }), { maxEntries: null })
    assert.equal(toQuotaChanges({}), undefined)
  })

  it('list the extensions that an agency takes; the command line is held to them too', () => {
    assert.deepEqual(run('agency set acme --extensions .CSV,xlsx').data.extensions, ['csv', 'xlsx'])
    assert.match(start(['agency', 'show', 'acme']).stdout, /^Takes +\.csv \.xlsx$/m)
    const file = home.write('night.txt', 'a,b\n1,2\n')
    const refused = run(`upload acme ${file}`)
    assert.deepEqual([refused.code, refused.error?.code], [5, 'EXTENSION_REFUSED'])
    assert.equal(run('agency set acme --extensions a/b').code, 2)
    assert.equal(run('agency set acme --extensions any').data.extensions, null)
    assert.equal(run(`upload acme ${file}`).code, 0)
  })

  it('are not needed for the reserve of the disk: upload keeps it too', () => {
    const file = home.write('late.txt', 'a,b\n1,2\n')
    const refused = run(`upload acme ${file}`, { DOCKETDROP_RESERVE_MB: '1000000000' })
    assert.equal(refused.error?.code, 'DISK_RESERVE')
    assert.match(refused.error.hint, /when there is room/)
    assert.deepEqual(home.list('acme', 'inbox'), ['night.txt'])
  })
})
