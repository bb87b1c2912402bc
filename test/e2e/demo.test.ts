import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { join } from 'node:path'
import { packageRoot } from '../../src/config/index.ts'
import { createTestHome } from '../support/serve.ts'
import type { TestHome } from '../support/serve.ts'

describe('the demo', function () {
  this.timeout(240_000)
  let home: TestHome
  before(() => (home = createTestHome()))
  after(async () => home.remove())

  const run = (env: NodeJS.ProcessEnv = {}) =>
    spawnSync(process.execPath, [join(packageRoot, 'dist/main.js'), 'demo', '--once'], {
      env: { ...home.env, ...env },
      encoding: 'utf8',
      timeout: 120_000,
    })

  const assertStory = ({ status, stdout, stderr }: ReturnType<typeof run>) => {
    assert.equal(status, 0, stdout + stderr)
    assert.match(stdout, /\d+ rows read: \d+ accepted, 3 rejected, 1 duplicate/)
    assert.match(stdout, /row \d+: Event Date and Time: /)
    assert.match(stdout, /row \d+: Party ID: /)
    assert.match(stdout, /  en  to \+1\d{10}, .*\n.*“Example County Court: /)
    assert.match(stdout, /  es  to \+1\d{10}, .*\n.*“Example County Court: /)
    assert.match(stdout, /rescheduled +[1-9]/)
    assert.match(stdout, /cancelled +[1-9]/)
    assert.match(stdout, /new +[1-9]/)
    assert.match(stdout, /Where to look next/)
  }

  it('tells the whole story and ends with exit 0, and tells it again when it is repeated', () => {
    assertStory(run())
    assertStory(run())
  })

  it('works where there is no sftp', () => {
    assertStory(run({ PATH: '/nowhere' }))
  })
})
