/** Files received and what became of them; who is still connected to them; rows that were rejected. */

/** @param {import('knex').Knex} knex */
export async function up(knex) {
  await knex.raw(`
    create table nodes (
      node_id uuid        primary key,
      seen_at timestamptz not null default now()
    )`)
  await knex.raw(`
    create table uploads (
      agency_id        integer     not null references agencies,
      upload_id        uuid        not null,
      seq              bigint      generated always as identity,
      account          text        not null default '',
      source           text        not null check (source in ('sftp', 'disk', 'console', 'api', 'cli')),
      file_name        text        not null,
      inbox_path       text,
      device           bigint,
      inode            bigint,
      bytes            bigint      not null default 0,
      sha256           text,
      state            text        not null check (state in ('receiving', 'partial', 'received', 'held', 'queued', 'importing', 'imported',
                                     'imported-with-rejects', 'refused', 'duplicate', 'superseded', 'withdrawn', 'undone')),
      reason           text,
      node_id          uuid,
      evidence         jsonb,
      opened_at        timestamptz not null default now(),
      touched_at       timestamptz not null default now(),
      received_at      timestamptz,
      finished_at      timestamptz,
      archived_at      timestamptz,
      archive_path     text,
      feed             text        not null default '',
      forced_template  text,
      is_released      boolean     not null default false,
      rejects_of       uuid,
      duplicate_of     uuid,
      superseded_by    uuid,
      template         text,
      template_version integer,
      method           text,
      report           jsonb,
      explanation      text,
      rejects_header   jsonb,
      not_before       timestamptz not null default now(),
      attempts         integer     not null default 0,
      deaths           integer     not null default 0,
      faults           integer     not null default 0,
      fence            bigint      not null default 0,
      owner            text,
      lease_until      timestamptz,
      primary key (agency_id, upload_id)
    )`)
  await knex.raw(
    `create index uploads_queue on uploads (agency_id, seq) where state in ('queued', 'importing')`,
  )
  await knex.raw(
    `create index uploads_open on uploads (state) where state in ('receiving', 'received', 'partial', 'held')`,
  )
  await knex.raw(
    `create index uploads_unarchived on uploads (agency_id) where finished_at is not null and archived_at is null`,
  )
  await knex.raw('create index uploads_newest on uploads (agency_id, seq desc)')
  await knex.raw(`
    create table upload_touches (
      agency_id  integer not null,
      upload_id  uuid    not null,
      session_id uuid    not null,
      node_id    uuid    not null,
      primary key (agency_id, upload_id, session_id),
      foreign key (agency_id, upload_id) references uploads on delete cascade
    )`)
  await knex.raw(`
    create table rejected_rows (
      agency_id  integer not null,
      upload_id  uuid    not null,
      row_number integer not null,
      line       integer not null,
      cells      jsonb   not null,
      issues     jsonb   not null,
      primary key (agency_id, upload_id, row_number),
      foreign key (agency_id, upload_id) references uploads on delete cascade
    )`)
}

/** @param {import('knex').Knex} knex */
export async function down(knex) {
  await knex.raw('drop table rejected_rows')
  await knex.raw('drop table upload_touches')
  await knex.raw('drop table uploads')
  await knex.raw('drop table nodes')
}
