import { recordAudit } from '../audit/index.ts'
import { inTransaction } from '../db/index.ts'
import type { Db } from '../db/index.ts'
import { NotFoundError, UsageError } from '../errors/index.ts'
import { lockAgency } from './agency-store.ts'
import { assertCompanionPattern } from './companion-name.ts'
import { deleteFeed, listFeeds, upsertFeed } from './feed-store.ts'
import { assertNamePattern } from './name-pattern.ts'
import { assertLine, assertName, isName } from './names.ts'
import { assertTime } from './time-of-day.ts'
import type { Agencies, Feed } from './types.ts'

const days = ['mon', 'tue', 'wed', 'thu', 'fri', 'sat', 'sun']

/** Days in the order of the week, each once. */
function assertDays(given: readonly string[]): string[] {
  const clean = given.map((day) => day.trim().toLowerCase())
  const wrong = clean.find((day) => !days.includes(day))
  if (wrong === undefined) return days.filter((day) => clean.includes(day))
  throw new UsageError('USAGE_INVALID', `${JSON.stringify(wrong.slice(0, 20))} is no day.`, {
    hint: `Write days as ${days.join(',')}.`,
  })
}

function assertOrder(sortBy: string): Feed['sortBy'] {
  if (sortBy === 'name' || sortBy === 'time') return sortBy
  throw new UsageError(
    'USAGE_INVALID',
    `Files are taken by name or by time, not by ${JSON.stringify(sortBy)}.`,
    {
      hint: 'Use --order time, or --order name.',
    },
  )
}

function assertGlob(what: string, glob: string): string {
  const line = assertLine(what, glob, 255)
  if (!line.includes('/')) return line
  throw new UsageError(
    'USAGE_INVALID',
    `${what} looks at the name of a file only, so it cannot have / in it.`,
    {
      hint: 'Use a pattern such as ECR_*.csv.',
    },
  )
}

type FeedPart = Pick<Agencies, 'saveFeed' | 'listFeeds' | 'removeFeed'>

/** The part of `Agencies` that is about feeds. Whether the template exists is the caller's question. */
export function createFeedPart({ db }: { db: Db }): FeedPart {
  return {
    async saveFeed(agency, input, actor) {
      const clean = {
        feed: assertName('feed', input.feed),
        template: assertName('template', input.template),
        match: assertNamePattern(assertGlob('The pattern', input.match)),
        exclude: input.exclude === null ? null : assertGlob('The exclusion', input.exclude),
        sortBy: assertOrder(input.sortBy),
        expectBy: input.expectBy === null ? null : assertTime(input.expectBy),
        expectDays: assertDays(input.expectDays),
        ...(input.trigger != null && {
          trigger: assertCompanionPattern('The trigger file', input.trigger),
        }),
        ...(input.manifest != null && {
          manifest: assertCompanionPattern('The manifest', input.manifest),
        }),
      }
      return inTransaction(db, async (trx) => {
        const { agencyId } = await lockAgency(trx, agency)
        const feed = await upsertFeed(trx, { agencyId, ...clean })
        await recordAudit(trx, {
          agencyId,
          actor,
          action: 'feed.set',
          subject: feed.feed,
          detail: clean,
        })
        return feed
      })
    },
    listFeeds: (agencyId) => listFeeds(db, agencyId),
    removeFeed(agency, feed, actor) {
      return inTransaction(db, async (trx) => {
        const { agencyId } = await lockAgency(trx, agency)
        if (!isName(feed) || !(await deleteFeed(trx, agencyId, feed)))
          throw new NotFoundError(
            'FEED_NOT_FOUND',
            `${agency} has no feed ${JSON.stringify(feed.slice(0, 80))}.`,
            {
              hint: `See its feeds with: docketdrop feed list ${agency}`,
            },
          )
        await recordAudit(trx, {
          agencyId,
          actor,
          action: 'feed.remove',
          subject: feed,
          detail: {},
        })
      })
    },
  }
}
