import assert from 'node:assert/strict'
import { existsSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { packageRoot } from '../../src/config/index.ts'
import { printedDocuments, rewriteDocument } from '../support/readme-blocks.ts'

describe('the documents', () => {
  for (const name of printedDocuments) {
    const text = readFileSync(join(packageRoot, name), 'utf8')

    it(`${name} shows its tables as the code has them (npm run readme writes them)`, () => {
      assert.equal(text, rewriteDocument(name, text))
    })

    it(`${name} links only to pages that exist`, () => {
      const links = [...text.matchAll(/\]\(([^)#]+)/g)]
        .map(([, link]) => link ?? '')
        .filter((link) => !link.startsWith('http'))
      for (const link of links) assert.ok(existsSync(join(packageRoot, dirname(name), link)), link)
    })
  }

  it('the README has a quick start, the road of the data and the words', () => {
    const text = readFileSync(join(packageRoot, 'README.md'), 'utf8')
    for (const part of [
      'npm ci && npm run demo',
      'npm ci && npm test',
      '## How a file becomes a reminder',
      '## Words',
    ])
      assert.ok(text.includes(part), part)
  })
})
