/** Upload templates, every version kept. */

/** @param {import('knex').Knex} knex */
export async function up(knex) {
  await knex.raw(`
    create table upload_templates (
      agency_id  integer     not null references agencies,
      template   text        not null check (template ~ '^[a-z0-9][a-z0-9-]{1,62}$'),
      version    integer     not null check (version > 0),
      source     text        not null,
      body       jsonb       not null,
      sha256     text        not null,
      created_at timestamptz not null default now(),
      primary key (agency_id, template, version)
    )`)
}

/** @param {import('knex').Knex} knex */
export async function down(knex) {
  await knex.raw('drop table upload_templates')
}
