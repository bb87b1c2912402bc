import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { join } from 'node:path'
import { after, before, describe, it } from 'mocha'
import { packageRoot } from '../../src/config/index.ts'
import { createTestHome } from '../support/serve.ts'
import type { CliAnswer, TestHome } from '../support/serve.ts'

const yaml = `template: nightly
columns: { client.reference: Party ID, client.fullName: Name }
missing: keep
`

describe('template commands', function () {
  this.timeout(120_000)
  let home: TestHome

  /** The command line as it is in the sources, so that no build is needed. */
  function run(...words: string[]): CliAnswer {
    const args = ['--import', 'tsx', join(packageRoot, 'src', 'main.ts'), '--json', ...words]
    const { status, stdout } = spawnSync(process.execPath, args, {
      env: home.env,
      encoding: 'utf8',
    })
    return { ...(JSON.parse(stdout) as CliAnswer), code: status }
  }

  before(() => {
    home = createTestHome()
    assert.equal(run('migrate', 'up').code, 0)
    const added = run('agency', 'add', 'one', '--name', 'One', '--time-zone', 'America/Denver')
    assert.equal(added.code, 0)
  })
  after(() => home.remove())

  it('tell of a key without effect, and end a file that would be held with 6, error and data', () => {
    const imported = run('template', 'import', 'one', home.write('t.yaml', yaml))
    assert.equal(imported.code, 0)
    assert.match((imported.data.notes as string[]).join(' '), /^missing has no effect/)
    const none = home.write('none.csv', 'Party ID,Name\r\n')
    const cut = home.write('cut.csv', 'Party ID,Name\r\n1,A\r\n2')
    const tests: [string[], string][] = [
      [['template', 'test', 'one', 'nightly', none], 'GUARD_ROWS'],
      [['upload', 'one', none, '--dry-run'], 'GUARD_ROWS'],
      [['upload', 'one', cut, '--dry-run'], 'TRUNCATED_SUSPECTED'],
    ]
    for (const [words, code] of tests) {
      const answer = run(...words)
      assert.deepEqual([answer.code, answer.error?.code], [6, code])
      assert.equal(answer.data.verdict, 'held')
      assert.match(answer.error?.hint ?? '', /releases or discards/)
    }
  })
})
