import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { join } from 'node:path'
import { packageRoot } from '../../src/config/index.ts'
import { createTestDatabase } from '../support/database.ts'
import type { TestDatabase } from '../support/database.ts'
import { createTestHome } from '../support/serve.ts'
import type { CliAnswer, TestHome } from '../support/serve.ts'

describe('docketdrop audit', function () {
  this.timeout(120_000)
  let home: TestHome
  let database: TestDatabase & { drop(): Promise<void> }

  function raw(...words: string[]) {
    const args = ['--import', 'tsx', join(packageRoot, 'src', 'main.ts'), ...words]
    return spawnSync(process.execPath, args, {
      env: { ...home.env, DATABASE_URL: database.url },
      encoding: 'utf8',
    })
  }
  function run(...words: string[]): CliAnswer {
    const { status, stdout } = raw(...words, '--json')
    return { ...(JSON.parse(stdout) as CliAnswer), code: status }
  }

  before(async () => {
    home = createTestHome()
    database = await createTestDatabase()
    assert.equal(run('migrate', 'up').code, 0)
    for (const agency of ['travis', 'pima'])
      run('agency', 'add', agency, '--name', agency, '--time-zone', 'America/Chicago')
    assert.equal(run('agency', 'set', 'travis', '--name', 'Travis County').code, 0)
  })
  after(async () => {
    await home.remove()
    await database.drop()
  })

  it('lists who did what, newest first, of one agency or of all', () => {
    const { code, data } = run('audit', 'list', 'travis')
    assert.equal(code, 0)
    const actions = (data as { action: string }[]).map(({ action }) => action)
    assert.ok(actions.includes('agency.add'))
    assert.deepEqual(Object.keys((data as object[])[0]!), [
      ...['agency', 'number', 'at', 'actor', 'action', 'subject', 'detail', 'hash'],
    ])
    assert.match(String(data[0].actor), /^cli:/)
    const all = run('audit', 'list').data as { agency: string }[]
    assert.deepEqual([...new Set(all.map(({ agency }) => agency))].sort(), ['pima', 'travis'])
    assert.ok(all.length > actions.length)
  })

  it('lists only what was asked for', () => {
    const one = run('audit', 'list', 'travis', '--limit', '1').data
    assert.equal(one.length, 1)
    const added = run('audit', 'list', 'travis', '--action', 'agency').data as { action: string }[]
    assert.ok(added.length > 0)
    assert.ok(added.every(({ action }) => action.startsWith('agency.')))
    assert.deepEqual(run('audit', 'list', 'travis', '--action', 'agency.ad').data, [])
    assert.deepEqual(run('audit', 'list', 'travis', '--since', '2099-01-01T00:00:00Z').data, [])
    const wrong = run('audit', 'list', 'travis', '--since', 'yesterday')
    assert.deepEqual([wrong.code, wrong.error?.code], [2, 'USAGE_INVALID'])
  })

  it('exports every entry as bare NDJSON, oldest first', () => {
    const { status, stdout } = raw('audit', 'export', 'travis')
    assert.equal(status, 0)
    const lines = stdout.trim().split('\n')
    const numbers = lines.map((line) => (JSON.parse(line) as { number: number }).number)
    assert.deepEqual(
      numbers,
      numbers.map((_, at) => at + 1),
    )
    assert.ok(numbers.length >= 2)
    assert.ok(raw('audit', 'export').stdout.trim().split('\n').length > lines.length)
  })

  it('verifies every chain, and ends with 1 and the first bad entry where one was changed', async () => {
    const good = run('audit', 'verify', '--all')
    assert.equal(good.code, 0)
    assert.ok((good.data as { ok: boolean }[]).every(({ ok }) => ok))
    await database
      .db('audit_entries')
      .where({ action: 'agency.set' })
      .update({ actor: 'cli:somebody-else' })
    const bad = run('audit', 'verify', 'travis')
    assert.deepEqual([bad.code, bad.ok, bad.error?.code], [1, false, 'AUDIT_BROKEN'])
    const [entry] = run('audit', 'list', 'travis', '--action', 'agency.set').data as {
      number: number
    }[]
    const { number } = entry!
    assert.deepEqual(
      (bad.data as { agency: string; ok: boolean; firstBad: number }[]).map((one) => [
        ...[one.agency, one.ok, one.firstBad],
      ]),
      [['travis', false, number]],
    )
    assert.match(raw('audit', 'verify').stdout, new RegExp(`travis: broken at entry ${number}`))
    assert.equal(run('audit', 'verify', 'pima').code, 0)
  })

  it('finds that the whole chain of an agency is gone', async () => {
    const { agency_id } = (await database.db('agencies').where({ agency: 'pima' }).first()) as {
      agency_id: number
    }
    for (const table of ['audit_entries', 'audit_heads'])
      await database.db(table).where({ agency_id }).delete()
    const answer = run('audit', 'verify', 'pima')
    assert.deepEqual([answer.code, answer.data[0].firstBad], [1, 1])
  })
})
