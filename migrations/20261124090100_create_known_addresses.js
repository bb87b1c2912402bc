/** Where connections come from and how they behaved (scores, bans, last good sign-in), and whether the server is in maintenance. */

/** @param {import('knex').Knex} knex */
export async function up(knex) {
  await knex.raw(`
    create table known_addresses (
      network       text             primary key,
      score         double precision not null default 0 check (score >= 0),
      scored_at     timestamptz      not null default now(),
      banned_until  timestamptz,
      bans          integer          not null default 0,
      last_reason   text,
      last_login_at timestamptz,
      updated_at    timestamptz      not null default now()
    )`)
  await knex.raw(`create index known_addresses_updated on known_addresses (updated_at)`)
  await knex.raw(`
    create table maintenance (
      only_row boolean     primary key default true check (only_row),
      text     text        not null,
      since    timestamptz not null default now(),
      actor    text        not null
    )`)
}

/** @param {import('knex').Knex} knex */
export async function down(knex) {
  await knex.raw('drop table maintenance')
  await knex.raw('drop table known_addresses')
}
