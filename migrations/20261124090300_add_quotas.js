/** What an account may send, and which kinds of file an agency takes; null is no limit. */

/** @param {import('knex').Knex} knex */
export async function up(knex) {
  await knex.raw(`
    alter table accounts
      add column max_file_bytes       bigint  check (max_file_bytes > 0),
      add column max_day_bytes        bigint  check (max_day_bytes > 0),
      add column max_day_files        integer check (max_day_files > 0),
      add column max_entries          integer check (max_entries > 0),
      add column max_bytes_per_second bigint  check (max_bytes_per_second > 0)`)
  await knex.raw(
    'alter table agencies add column extensions text[] check (cardinality(extensions) > 0)',
  )
  await knex.raw(
    'create index uploads_account_day on uploads (agency_id, account, coalesce(received_at, opened_at))',
  )
}

/** @param {import('knex').Knex} knex */
export async function down(knex) {
  await knex.raw('drop index uploads_account_day')
  await knex.raw('alter table agencies drop column extensions')
  await knex.raw(`
    alter table accounts
      drop column max_file_bytes,
      drop column max_day_bytes,
      drop column max_day_files,
      drop column max_entries,
      drop column max_bytes_per_second`)
}
