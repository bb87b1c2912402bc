import assert from 'node:assert/strict'
import { chooseFeed } from '../../src/agencies/index.ts'
import type { Feed } from '../../src/agencies/index.ts'

const feed = (name: string, match: string, exclude: string | null = null): Feed => ({
  agencyId: 1,
  feed: name,
  template: name,
  match,
  exclude,
  sortBy: 'time',
  expectBy: null,
  expectDays: [],
})

describe('the choice of a feed', () => {
  const feeds = [
    feed('juvenile', 'JUV_*.csv'),
    feed('hearings', '*.csv', '*_test.*'),
    feed('rest', '*.???'),
  ]

  it('takes the first that fits, in the order given', () => {
    assert.equal(chooseFeed(feeds, 'juv_1.csv')?.feed, 'juvenile')
    assert.equal(chooseFeed(feeds, 'ecr_1.csv')?.feed, 'hearings')
    assert.equal(chooseFeed([...feeds].reverse(), 'juv_1.csv')?.feed, 'rest')
  })

  it('goes on to the next feed when a name is excluded', () => {
    assert.equal(chooseFeed(feeds, 'ECR_TEST.CSV')?.feed, 'rest')
  })

  it('finds none when no pattern fits', () => {
    assert.equal(chooseFeed(feeds, 'readme'), undefined)
    assert.equal(chooseFeed([], 'ecr.csv'), undefined)
  })
})
