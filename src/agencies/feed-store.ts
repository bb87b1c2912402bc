import type { Queryable, Trx } from '../db/index.ts'
import type { Feed } from './types.ts'

interface FeedRow {
  agency_id: number
  feed: string
  position: number
  template: string
  match: string
  exclude: string | null
  sort_by: Feed['sortBy']
  expect_by: string | null
  expect_days: string[]
  trigger_name: string | null
  manifest_name: string | null
}

function toFeed(row: FeedRow): Feed {
  return {
    agencyId: row.agency_id,
    feed: row.feed,
    template: row.template,
    match: row.match,
    exclude: row.exclude,
    sortBy: row.sort_by,
    expectBy: row.expect_by?.slice(0, 5) ?? null,
    expectDays: row.expect_days,
    ...(row.trigger_name !== null && { trigger: row.trigger_name }),
    ...(row.manifest_name !== null && { manifest: row.manifest_name }),
  }
}

/** In the order in which they are tried: as they were first saved. */
export async function listFeeds(db: Queryable, agencyId: number): Promise<Feed[]> {
  const rows = await db<FeedRow>('feeds')
    .where({ agency_id: agencyId })
    .orderBy(['position', 'feed'])
  return rows.map(toFeed)
}

/** Makes the feed as the last one, or changes it in its place. The agency must be locked. */
export async function upsertFeed(trx: Trx, feed: Feed): Promise<Feed> {
  const { rows } = await trx.raw<{ rows: FeedRow[] }>(
    `insert into feeds (agency_id, feed, position, template, match, exclude, sort_by, expect_by, expect_days,
                        trigger_name, manifest_name)
     values (:agencyId, :feed,
             (select coalesce(max(position), 0) + 1 from feeds where agency_id = :agencyId),
             :template, :match, :exclude, :sortBy, :expectBy, :expectDays, :trigger, :manifest)
         on conflict (agency_id, feed) do update
        set template    = excluded.template,
            match       = excluded.match,
            exclude     = excluded.exclude,
            sort_by     = excluded.sort_by,
            expect_by   = excluded.expect_by,
            expect_days = excluded.expect_days,
            trigger_name = excluded.trigger_name,
            manifest_name = excluded.manifest_name
     returning *`,
    { ...feed, trigger: feed.trigger ?? null, manifest: feed.manifest ?? null },
  )
  return toFeed(rows[0] as FeedRow)
}

/** True if there was such a feed. */
export async function deleteFeed(trx: Trx, agencyId: number, feed: string): Promise<boolean> {
  return (await trx<FeedRow>('feeds').where({ agency_id: agencyId, feed }).delete()) > 0
}
