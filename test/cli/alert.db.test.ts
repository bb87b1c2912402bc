import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { after, before, describe, it } from 'mocha'
import { packageRoot } from '../../src/config/index.ts'
import { startHookServer, status } from '../senders/hook-server.ts'
import type { HookServer } from '../senders/hook-server.ts'
import { createTestDatabase } from '../support/database.ts'
import type { TestDatabase } from '../support/database.ts'
import { createTestHome } from '../support/serve.ts'
import type { CliAnswer, TestHome } from '../support/serve.ts'

describe('docketdrop alert', function () {
  this.timeout(120_000)
  let home: TestHome
  let database: TestDatabase & { drop(): Promise<void> }
  let hooks: HookServer

  /** Not the synchronous kind: this process has to answer the webhook meanwhile. */
  async function run(...words: string[]): Promise<CliAnswer> {
    const args = ['--import', 'tsx', join(packageRoot, 'src', 'main.ts'), ...words, '--json']
    const child = spawn(process.execPath, args, {
      env: {
        ...home.env,
        DATABASE_URL: database.url,
        DOCKETDROP_WEBHOOK_PRIVATE_NETWORKS: '127.0.0.0/8',
      },
      stdio: ['ignore', 'pipe', 'ignore'],
    })
    const [out, [code]] = await Promise.all([text(child.stdout), once(child, 'exit')])
    return { ...(JSON.parse(out) as CliAnswer), code: code as number | null }
  }

  before(async () => {
    home = createTestHome()
    database = await createTestDatabase()
    hooks = await startHookServer()
    assert.equal((await run('migrate', 'up')).code, 0)
    await run('agency', 'add', 'travis', '--name', 'Travis', '--time-zone', 'America/Chicago')
  })
  after(async () => {
    await hooks.close()
    await home.remove()
    await database.drop()
  })

  it('adds a webhook, shows its secret this once, and tests it', async () => {
    const added = await run(
      'alert',
      'add',
      'travis',
      '--webhook',
      hooks.url,
      '--events',
      'upload.held',
    )
    assert.equal(added.code, 0)
    assert.match(String(added.data.secret), /^whsec_/)
    assert.deepEqual(added.data.events, ['upload.held'])
    const listed = await run('alert', 'list', 'travis')
    assert.equal(JSON.stringify(listed.data).includes('whsec_'), false)
    const tested = await run('alert', 'test', 'travis', hooks.url)
    assert.deepEqual([tested.code, tested.data.outcome], [0, 'accepted'])
    assert.match(hooks.heard[0]?.body ?? '', /"type":"alert.test"/)
    hooks.reply = status(401)
    const refused = await run('alert', 'test', 'travis', hooks.url)
    assert.deepEqual([refused.code, refused.error?.code], [8, 'ALERT_NOT_TAKEN'])
  })

  it('keeps the key of the secrets from other users of the machine', () => {
    const path = join(home.env['DOCKETDROP_KEYS'] ?? '', 'secret.key')
    assert.equal(Buffer.from(readFileSync(path, 'utf8'), 'base64').length, 32)
  })

  it("takes a secret of one's own from a file, and refuses two targets at once", async () => {
    const file = join(home.root, 'secret.txt')
    writeFileSync(file, `whsec_${Buffer.alloc(32, 3).toString('base64')}\n`)
    const url = 'https://court.example/h'
    const added = await run(
      'alert',
      'add',
      'travis',
      '--webhook',
      url,
      '--webhook-secret-file',
      file,
    )
    assert.deepEqual([added.code, added.data.secret], [0, null])
    const both = await run('alert', 'add', 'travis', '--webhook', url, '--email', 'a@b.example')
    assert.deepEqual([both.code, both.error?.code], [2, 'USAGE_INVALID'])
  })

  it('lists what was told, tries again, and removes', async () => {
    assert.deepEqual((await run('alert', 'log', 'travis')).data, [])
    assert.deepEqual((await run('alert', 'retry', 'travis')).data, { agency: 'travis', count: 0 })
    assert.equal((await run('alert', 'remove', 'travis', hooks.url)).code, 0)
    const again = await run('alert', 'remove', 'travis', hooks.url)
    assert.deepEqual([again.code, again.error?.code], [4, 'ALERT_TARGET_NOT_FOUND'])
  })

  it('has the settings of results and of retention beside it', async () => {
    const set = await run('agency', 'set', 'travis', '--results', 'daily', '--results-at', '05:15')
    assert.deepEqual([set.data.results, set.data.resultsAt], ['daily', '05:15'])
    const wrong = await run('agency', 'set', 'travis', '--results', 'hourly')
    assert.deepEqual([wrong.code, wrong.error?.code], [2, 'USAGE_INVALID'])
    const { code, data } = await run('retention', '--dry-run')
    assert.deepEqual([code, data.isDryRun, data.processed.files], [0, true, 0])
    assert.equal(data.settings.errorDays, 90)
  })

  it('is part of what the doctor looks at', async () => {
    await run('alert', 'add', 'travis', '--email', 'it@court.example')
    const { data, code } = await run('doctor')
    const findings = data as { check: string; status: string }[]
    const of = (check: string) => findings.find((one) => one.check === check)?.status
    assert.equal(code, 1)
    assert.deepEqual(
      [of('alerts.targets'), of('alerts.smtp'), of('alerts.failed'), of('retention.due')],
      ['ok', 'fail', 'ok', 'ok'],
    )
  })
})
