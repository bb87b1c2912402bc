import assert from 'node:assert/strict'
import { describe, it } from 'mocha'
import { findCompanionFeed, toCompanionName } from '../../src/agencies/index.ts'
import type { Feed } from '../../src/agencies/index.ts'
import { assertCompanionPattern } from '../../src/agencies/companion-name.ts'

const feed = (name: string, more: Partial<Feed>): Feed => ({
  agencyId: 1,
  feed: name,
  template: 'ecr',
  match: '*',
  exclude: null,
  sortBy: 'time',
  expectBy: null,
  expectDays: [],
  ...more,
})

describe('names of trigger files and manifests', () => {
  it('puts the whole name or its stem into the pattern', () => {
    assert.equal(toCompanionName('{name}.done', 'ECR.2026.csv'), 'ECR.2026.csv.done')
    assert.equal(toCompanionName('{stem}.ok', 'ECR.2026.csv'), 'ECR.2026.ok')
    assert.equal(toCompanionName('go_{stem}', '.hidden'), 'go_.hidden')
    assert.equal(toCompanionName('{name}.done', '$&.csv'), '$&.csv.done')
  })

  for (const pattern of [
    '',
    'done',
    '{name}',
    '{name}{stem}.x',
    'a/{name}',
    '{name}*',
    '{other}.x',
  ])
    it(`refuses the pattern ${JSON.stringify(pattern)}`, () => {
      assert.throws(() => assertCompanionPattern('The trigger file', pattern), {
        code: 'USAGE_INVALID',
      })
    })

  it('knows the trigger of a feed, whatever its case, and not that of a file of another feed', () => {
    const feeds = [feed('ecr', { match: 'ECR*.csv', trigger: '{name}.done' }), feed('rest', {})]
    assert.equal(findCompanionFeed(feeds, 'ecr_1.CSV.DONE')?.kind, 'trigger')
    assert.equal(findCompanionFeed(feeds, 'fees.csv.done'), undefined)
    assert.equal(findCompanionFeed(feeds, '.done'), undefined)
    assert.equal(findCompanionFeed(feeds, 'ECR.csv'), undefined)
  })

  it('tells a trigger from data also where the feed takes every name', () => {
    const feeds = [feed('all', { trigger: '{stem}.ok', manifest: '{name}.sha256' })]
    assert.equal(findCompanionFeed(feeds, 'a.ok')?.kind, 'trigger')
    assert.equal(findCompanionFeed(feeds, 'a.csv.sha256')?.kind, 'manifest')
    assert.equal(findCompanionFeed(feeds, 'a.csv'), undefined)
  })
})
