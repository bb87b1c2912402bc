import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { join } from 'node:path'
import { packageRoot } from '../../src/config/index.ts'
import { ecrFile, ecrRow, ecrTemplate } from '../support/ecr.ts'
import { createTestHome } from '../support/serve.ts'
import type { TestHome } from '../support/serve.ts'

describe('the command line', function () {
  this.timeout(180_000)
  let home: TestHome
  before(() => (home = createTestHome()))
  after(async () => home.remove())

  it('says that there is no home yet, exit 4, and makes none', () => {
    const answer = home.cli('agency', 'list')
    assert.equal(answer.code, 4)
    assert.equal(answer.error?.code, 'HOME_MISSING')
    assert.match(answer.error.hint, /serve/)
    assert.equal(home.cli('migrate', 'status').code, 4)
  })

  it('makes a home with migrate up, and says the second time that nothing is to do', () => {
    assert.ok((home.cli('migrate', 'up').data.applied as string[]).length > 0)
    assert.deepEqual(home.cli('migrate', 'up').data.applied, [])
    assert.deepEqual(home.cli('migrate', 'status').data.pending, [])
  })

  it('does the work itself where no server runs: upload --wait, uploads wait, export', () => {
    assert.equal(
      home.cli('agency', 'add', 'alone', '--name', 'Alone', '--time-zone', 'America/Denver').code,
      0,
    )
    assert.equal(home.cli('template', 'import', 'alone', home.write('t.yaml', ecrTemplate)).code, 0)
    const done = home.cli(
      'upload',
      'alone',
      home.write('night.csv', ecrFile([1, 2].map((number) => ecrRow(number)))),
      '--wait',
    )
    assert.equal(done.code, 0, JSON.stringify(done))
    assert.equal(done.data.state, 'imported')
    assert.equal(done.data.source, 'cli')
    assert.equal(home.records('alone', 'events').length, 2)
    assert.ok((home.cli('messages', 'list', 'alone').data as unknown[]).length > 0)
    assert.equal(home.cli('upload', 'alone', home.write('later.csv', ecrFile([ecrRow(3)]))).code, 0)
    assert.equal(home.cli('uploads', 'wait', 'alone').data[0].fileName, 'later.csv')
    assert.equal(home.records('alone', 'events').length, 3)
  })

  it('tries a file without saving anything, --dry-run', () => {
    const tried = home.cli(
      'upload',
      'alone',
      home.write('dry.csv', ecrFile([ecrRow(50), ecrRow(51, { date: '13/45/2030' })])),
      '--dry-run',
    )
    assert.equal(tried.code, 3)
    assert.equal(tried.data.verdict, 'imported-with-rejects')
    assert.equal(home.records('alone', 'events').length, 3)
  })

  it('exports CSV with its header, a line each, also where there is nothing', () => {
    const { stdout } = home.raw(['records', 'export', 'alone', 'cases', '--format', 'csv'])
    assert.deepEqual(stdout.split('\n'), [
      'caseNumber,caseType,status',
      'CR-0001,,',
      'CR-0002,,',
      'CR-0003,,',
      '',
    ])
    const empty = home.raw(['records', 'export', 'alone', 'payments', '--format', 'csv'])
    assert.match(
      empty.stdout,
      /^paymentReference,clientReference,caseNumber,amount,dueOn,status\n$/,
    )
  })

  it('ends quietly when the reader of its output leaves early', () => {
    const script = `node "$0" records export alone events | head -c 1; exit "\${PIPESTATUS[0]}"`
    const { status, stderr } = spawnSync(
      'bash',
      ['-c', script, join(packageRoot, 'dist/main.js')],
      { env: home.env, encoding: 'utf8' },
    )
    assert.equal(stderr, '')
    assert.equal(status, 0)
  })

  it('leaves no PostgreSQL behind when the last command has ended', () => {
    const { stdout } = spawnSync('ps', ['-eo', 'args'], { encoding: 'utf8' })
    assert.ok(
      !stdout.split('\n').some((line) => line.includes(home.home) && line.includes('postgres')),
      stdout,
    )
  })

  it('prints one JSON document wherever --json stands, and plain text without it', () => {
    for (const args of [
      ['--json', 'agency', 'list'],
      ['agency', '--json', 'list'],
      ['agency', 'list', '--json'],
    ]) {
      assert.equal((JSON.parse(home.raw(args).stdout) as { ok: boolean }).ok, true)
    }
    assert.match(home.raw(['agency', 'list']).stdout, /alone .*America\/Denver/)
  })

  it('answers wrong usage with exit 2, as JSON too, and help with exit 0', () => {
    assert.equal(home.raw(['no-such-command']).status, 2)
    assert.equal(home.cli('agency', 'add', 'x').error?.code, 'USAGE_INVALID')
    assert.equal(home.cli('uploads', 'list', 'alone', '--limit', 'many').code, 2)
    assert.match(
      home.cli('messages', 'list', 'alone', '--state', 'sheduled').error!.message,
      /"scheduled"/,
    )
    assert.equal(home.cli('serve', '--only', 'http').code, 2)
    const help = home.raw(['--help'])
    assert.equal(help.status, 0)
    assert.match(help.stdout, /Exit codes:/)
  })

  it('prints settings with their origin and masks the password of DATABASE_URL', () => {
    const { stdout } = home.raw(['config', 'print'], {
      DATABASE_URL: 'postgres://court:hunter2@127.0.0.1/x',
    })
    assert.match(stdout, /DOCKETDROP_SFTP_PORT\s+0\s+environment/)
    assert.match(stdout, /court:\*\*\*@127/)
    assert.doesNotMatch(stdout, /hunter2/)
  })

  it('waits for a file that never comes with exit 1', () => {
    const answer = home.cli('uploads', 'wait', 'alone', '--file', 'never.csv', '--timeout', 0.2)
    assert.equal(answer.code, 1)
    assert.equal(answer.error?.code, 'TIMED_OUT')
  })

  it('refuses a second serve on one home with exit 7, and answers probes', async () => {
    const served = await home.serve()
    const second = home.cli('serve')
    assert.equal(second.code, 7)
    assert.equal(second.error?.code, 'HOME_IN_USE')
    const get = async (path: string) =>
      (await fetch(`http://127.0.0.1:${served.telemetryPort}${path}`)).status
    assert.deepEqual(
      [await get('/livez'), await get('/readyz'), await get('/elsewhere')],
      [200, 200, 404],
    )
    assert.equal(await served.stop(), 0)
    assert.equal(home.cli('agency', 'list').code, 0)
  })

  it('is reached through npx in a checkout', () => {
    const { status, stdout } = spawnSync('npx', ['--no', 'docketdrop', 'version'], {
      cwd: packageRoot,
      encoding: 'utf8',
    })
    assert.equal(status, 0)
    assert.match(stdout, /^docketdrop \d+\.\d+\.\d+/)
  })
})
