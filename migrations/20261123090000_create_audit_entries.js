/** Who did what: append-only, one hash chain per agency (agency 0: the whole installation), and where each chain ends. */

/** @param {import('knex').Knex} knex */
export async function up(knex) {
  await knex.raw(`
    create table audit_entries (
      agency_id   integer        not null,
      number      bigint         not null,
      at          timestamptz(3) not null,
      actor       text           not null,
      action      text           not null,
      subject     text           not null,
      detail      jsonb          not null,
      hash        text           not null,
      primary key (agency_id, number)
    )`)
  await knex.raw(`
    create table audit_heads (
      agency_id   integer primary key,
      number      bigint  not null,
      hash        text    not null
    )`)
}

/** @param {import('knex').Knex} knex */
export async function down(knex) {
  await knex.raw('drop table audit_heads')
  await knex.raw('drop table audit_entries')
}
