/** How a file shows that it is whole, and what stays of its name after an importer took it. */

/** @param {import('knex').Knex} knex */
export async function up(knex) {
  await knex.raw(`
    alter table uploads
      add column vouched_by        text check (vouched_by in ('rename', 'trigger', 'manifest')),
      add column vouched_seq       bigint,
      add column companion_of      uuid,
      add column ghost_path        text,
      add column ghost_since       timestamptz,
      add column ghost_modified_at timestamptz,
      add column alarmed_at        timestamptz`)
  await knex.raw(
    `create index uploads_ghosts on uploads (agency_id, ghost_path) where ghost_path is not null`,
  )
  await knex.raw(`
    alter table feeds
      add column trigger_name  text,
      add column manifest_name text`)
  await knex.raw(`alter table agencies add column accept_unclosed boolean not null default false`)
}

/** @param {import('knex').Knex} knex */
export async function down(knex) {
  await knex.raw('alter table agencies drop column accept_unclosed')
  await knex.raw('alter table feeds drop column trigger_name, drop column manifest_name')
  await knex.raw('drop index uploads_ghosts')
  await knex.raw(`
    alter table uploads
      drop column vouched_by,
      drop column vouched_seq,
      drop column companion_of,
      drop column ghost_path,
      drop column ghost_since,
      drop column ghost_modified_at,
      drop column alarmed_at`)
}
