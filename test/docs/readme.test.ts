import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { packageRoot } from '../../src/config/index.ts'
import { rewriteReadme } from '../support/readme-blocks.ts'

describe('README', () => {
  const text = readFileSync(join(packageRoot, 'README.md'), 'utf8')

  it('shows every setting, exit code and error code as the code has them (npm run readme writes them)', () => {
    assert.equal(text, rewriteReadme(text))
  })

  it('links only to pages that exist', () => {
    const links = [...text.matchAll(/\]\(((?:docs\/|LICENSE)[^)#]*)/g)].map(
      ([, link]) => link ?? '',
    )
    assert.ok(links.length >= 5)
    for (const link of links)
      assert.ok(readFileSync(join(packageRoot, link), 'utf8').length > 0, link)
  })
})
