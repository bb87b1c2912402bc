import { chooseFeed } from '../agencies/index.ts'
import type { Agencies, Agency, Feed } from '../agencies/index.ts'
import type { Db } from '../db/index.ts'
import type { Logger } from '../log/index.ts'
import { insertAlerts } from './alert-store.ts'
import { findLastRead, listArrivals, listExpectations, wasTold } from './feed-watch-store.ts'
import { findLastDeadline } from './local-deadline.ts'
import type { Deadline } from './local-deadline.ts'

export interface FeedWatchParts {
  readonly db: Db
  readonly log: Logger
  readonly agencies: Pick<Agencies, 'list' | 'listFeeds'>
  readonly now: () => Date
}

/** A file that was closed just before the time may have its row a moment later. */
const graceMs = 60_000

type Expecting = Feed & { readonly expectBy: string }

const isExpecting = (feed: Feed): feed is Expecting => feed.expectBy !== null

/**
 * Looks for files that had not come by the time their feed is expected (design/ingestion.md §7), once per feed and day. A file belongs to
 * the occasion that it is nearest to: what comes an hour late does not count for tomorrow, and what comes the evening before does.
 */
export function createFeedWatch({ db, log, agencies, now }: FeedWatchParts): {
  /** One look at all feeds; how many alerts were made. */
  look(): Promise<number>
} {
  /** Occasions that need no further look; forgotten at a restart, which only costs looking again. */
  const settled = new Map<string, string>()

  async function tellMissing(
    agency: Agency,
    feed: Expecting,
    deadline: Deadline,
    waiting: string | undefined,
  ): Promise<number> {
    const last = await findLastRead(db, agency.agencyId, feed.feed)
    const made = await insertAlerts(db, {
      agencyId: agency.agencyId,
      event: 'feed.missing',
      key: `${feed.feed}:${deadline.day}`,
      facts: {
        feed: feed.feed,
        match: feed.match,
        day: deadline.day,
        expectBy: feed.expectBy,
        expectedAt: new Date(deadline.at).toISOString(),
        timeZone: agency.timeZone,
        waiting: waiting ?? null,
        lastFile: last ?? null,
      },
    })
    if (made > 0)
      log.warn('expected file has not come', {
        agencyId: agency.agencyId,
        feed: feed.feed,
        day: deadline.day,
      })
    return made
  }

  async function lookAt(
    agency: Agency,
    feeds: readonly Feed[],
    feed: Expecting,
    since: number,
  ): Promise<number> {
    const { agencyId, timeZone } = agency
    const schedule = { time: feed.expectBy, days: feed.expectDays, timeZone }
    const deadline = findLastDeadline(schedule, now())
    // What was due before anybody asked for it is not missing.
    if (deadline.at <= since) return 0
    const place = `${agencyId} ${feed.feed}`
    const occasion = `${deadline.day} ${deadline.at}`
    if (settled.get(place) === occasion || now().getTime() < deadline.at + graceMs) return 0
    const until = Math.min(deadline.until, now().getTime())
    const arrivals = await listArrivals(db, agencyId, deadline.from, until)
    const own = arrivals.filter(({ fileName }) => chooseFeed(feeds, fileName)?.feed === feed.feed)
    const arrived = own.find(({ isWaiting }) => !isWaiting)
    if (arrived === undefined) return tellMissing(agency, feed, deadline, own[0]?.fileName)
    settled.set(place, occasion)
    const key = `${feed.feed}:${deadline.day}`
    if (!(await wasTold(db, agencyId, 'feed.missing', key))) return 0
    return insertAlerts(db, {
      agencyId,
      event: 'feed.arrived',
      key,
      after: 'feed.missing',
      facts: {
        feed: feed.feed,
        day: deadline.day,
        expectBy: feed.expectBy,
        expectedAt: new Date(deadline.at).toISOString(),
        timeZone,
        fileName: arrived.fileName,
        arrivedAt: arrived.receivedAt.toISOString(),
      },
    })
  }

  async function lookAtAgency(agency: Agency): Promise<number> {
    const since = await listExpectations(db, agency.agencyId)
    if (since.size === 0) return 0
    const feeds = await agencies.listFeeds(agency.agencyId)
    let made = 0
    for (const feed of feeds.filter(isExpecting))
      made += await lookAt(agency, feeds, feed, since.get(feed.feed)?.getTime() ?? Infinity)
    return made
  }

  return {
    async look() {
      let made = 0
      for (const agency of await agencies.list())
        if (agency.status === 'active') made += await lookAtAgency(agency)
      return made
    },
  }
}
