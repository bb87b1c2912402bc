import assert from 'node:assert/strict'
import { rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { ESLint } from 'eslint'
import { packageRoot } from '../../src/config/index.ts'

/** Lints planted files where they would stand, and gives the rules that fired in each. */
async function plant(files: Readonly<Record<string, string>>): Promise<Record<string, string[]>> {
  const paths = Object.keys(files).map((name) => join(packageRoot, 'src', name))
  try {
    for (const [name, text] of Object.entries(files))
      writeFileSync(join(packageRoot, 'src', name), text, { flag: 'wx' })
    const results = await new ESLint({ cwd: packageRoot }).lintFiles(paths)
    return Object.fromEntries(
      results.map(({ filePath, messages }) => [
        filePath.slice(packageRoot.length + '/src/'.length).replace(/^\//, ''),
        messages.map(({ ruleId }) => ruleId ?? 'fatal'),
      ]),
    )
  } finally {
    for (const path of paths) rmSync(path, { force: true })
  }
}

describe('import rules', function () {
  this.timeout(180_000)
  // Where CI is set the linter reads the files once and for all; the planted ones come later.
  before(() => (process.env['TSESTREE_SINGLE_RUN'] = 'false'))

  it('refuse a sideways import between workers', async () => {
    const found = await plant({
      'sftp/planted-sideways.ts': `import { createMessaging } from '../messaging/index.ts'\n\n/** Planted. */\nexport const planted = createMessaging\n`,
    })
    assert.ok(
      found['sftp/planted-sideways.ts']?.includes('import-x/no-restricted-paths'),
      JSON.stringify(found),
    )
  })

  it('refuse an upward import', async () => {
    const found = await plant({
      'records/planted-upward.ts': `import { createImporter } from '../import/index.ts'\n\n/** Planted. */\nexport const planted = createImporter\n`,
    })
    assert.ok(
      found['records/planted-upward.ts']?.includes('import-x/no-restricted-paths'),
      JSON.stringify(found),
    )
  })

  it('refuse a cycle inside a room', async () => {
    const found = await plant({
      'records/planted-one.ts': `import { two } from './planted-two.ts'\n\n/** Planted. */\nexport const one = (): unknown => two\n`,
      'records/planted-two.ts': `import { one } from './planted-one.ts'\n\n/** Planted. */\nexport const two = (): unknown => one\n`,
    })
    assert.ok(found['records/planted-one.ts']?.includes('import-x/no-cycle'), JSON.stringify(found))
  })

  it('refuse an import past a face, knex outside the stores, and the environment outside config', async () => {
    const found = await plant({
      'sftp/planted-past.ts': `import { createInbox } from '../inbox/inbox.ts'\n\n/** Planted. */\nexport const planted = createInbox\n`,
      'sftp/planted-knex.ts': `import knex from 'knex'\n\n/** Planted. */\nexport const planted = knex\n`,
      'sftp/planted-env.ts': `/** Planted. */\nexport const planted = process.env['HOME']\n`,
    })
    assert.ok(
      found['sftp/planted-past.ts']?.includes('@typescript-eslint/no-restricted-imports'),
      JSON.stringify(found),
    )
    assert.ok(
      found['sftp/planted-knex.ts']?.includes('@typescript-eslint/no-restricted-imports'),
      JSON.stringify(found),
    )
    assert.ok(
      found['sftp/planted-env.ts']?.includes('no-restricted-properties'),
      JSON.stringify(found),
    )
  })

  it('let a plain downward import through its face pass', async () => {
    const found = await plant({
      'sftp/planted-good.ts': `import { createInbox } from '../inbox/index.ts'\n\n/** Planted. */\nexport const planted = createInbox\n`,
    })
    assert.deepEqual(found, { 'sftp/planted-good.ts': [] })
  })
})
