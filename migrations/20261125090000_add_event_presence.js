/**
 * The dates that are still to come, for the question which of them a file no longer has: without this index every
 * nightly file would read all events that an agency ever had.
 */

/** @param {import('knex').Knex} knex */
export async function up(knex) {
  await knex.raw(`
    create index events_upcoming on events (agency_id, local_date, template)
     where status in ('scheduled', 'unknown')`)
}

/** @param {import('knex').Knex} knex */
export async function down(knex) {
  await knex.raw('drop index events_upcoming')
}
