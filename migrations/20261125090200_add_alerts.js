/** Who is told of what happens to files, what is to be told, results for agencies, and what retention has taken away. */

/** States that are told; in the conditions of the triggers, so that the door (OPEN, CLOSE) never calls the function. */
const told = `('partial', 'held', 'imported', 'imported-with-rejects', 'refused', 'duplicate')`

/**
 * `upload.received` is told once the file has settled, which is also when its hash is known.
 *
 * In the transaction of the change itself, so that none is missed and none is told that did not happen. The key makes it one
 * row per upload, state and try (each claim raises `fence`); a partial upload is told once, however often it breaks off.
 */
const announce = `
  create function announce_upload() returns trigger language plpgsql as $$
  declare
    was  text := case when tg_op = 'UPDATE' then old.state end;
    kind text := case
                   when new.state in ('imported', 'imported-with-rejects') then 'upload.imported'
                   when new.state = 'queued'                               then 'upload.received'
                   else 'upload.' || new.state
                 end;
  begin
    insert into alerts (agency_id, target_id, event, subject_key, facts)
    select t.agency_id, t.target_id, e.event,
           new.upload_id || case when e.event = 'upload.partial' then '' else ':' || new.fence end,
           jsonb_build_object(
             'uploadId',        new.upload_id,
             'fileName',        new.file_name,
             'account',         new.account,
             'source',          new.source,
             'bytes',           new.bytes,
             'sha256',          new.sha256,
             'feed',            nullif(new.feed, ''),
             'state',           new.state,
             'reason',          new.reason,
             'receivedAt',      to_char(new.received_at at time zone 'utc', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"'),
             'finishedAt',      to_char(new.finished_at at time zone 'utc', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"'),
             'template',        new.template,
             'templateVersion', new.template_version,
             'rows',            new.report -> 'rows',
             'records',         new.report -> 'records',
             'events',          new.report -> 'events',
             'guard',           new.report -> 'guard')
      from unnest(case when kind = 'upload.held' and was = 'received' and coalesce(new.reason, '') <> 'COMPANION_UNUSED'
                       then array['upload.received', kind] else array[kind] end) with ordinality as e(event, place)
      join alert_targets t on t.agency_id = new.agency_id and t.disabled_at is null and e.event = any(t.events)
     order by e.place
        on conflict do nothing;
    if found then
      perform pg_notify('docketdrop_alert', '');
    end if;
    return null;
  end $$`

/** @param {import('knex').Knex} knex */
export async function up(knex) {
  await knex.raw(`
    create table alert_targets (
      agency_id       integer     not null references agencies,
      target_id       uuid        not null,
      channel         text        not null check (channel in ('email', 'webhook')),
      address         text        not null,
      secret          bytea,
      events          text[]      not null check (cardinality(events) > 0),
      disabled_at     timestamptz,
      disabled_reason text,
      created_at      timestamptz not null default now(),
      primary key (agency_id, target_id),
      unique (agency_id, channel, address),
      check ((channel = 'webhook') = (secret is not null))
    )`)
  await knex.raw(`
    create table alerts (
      agency_id   integer     not null,
      alert_id    uuid        not null default gen_random_uuid(),
      seq         bigint      generated always as identity,
      target_id   uuid        not null,
      event       text        not null,
      subject_key text        not null,
      facts       jsonb       not null,
      occurred_at timestamptz not null default clock_timestamp(),
      state       text        not null default 'waiting' check (state in ('waiting', 'sent', 'failed')),
      attempts    integer     not null default 0,
      due_at      timestamptz not null default now(),
      code        text,
      detail      text,
      ended_at    timestamptz,
      primary key (agency_id, alert_id),
      unique (agency_id, target_id, event, subject_key),
      foreign key (agency_id, target_id) references alert_targets on delete cascade
    )`)
  await knex.raw(`create index alerts_due on alerts (due_at) where state = 'waiting'`)
  await knex.raw(`create index alerts_newest on alerts (agency_id, seq desc)`)
  await knex.raw(`create index alerts_failed on alerts (ended_at) where state = 'failed'`)
  await knex.raw(`create index alerts_ended on alerts (ended_at) where state <> 'waiting'`)
  await knex.raw(announce)
  await knex.raw(`
    create trigger uploads_announce_change after update of state on uploads
       for each row when (old.state <> new.state and (new.state in ${told} or (new.state = 'queued' and old.state = 'received')))
       execute function announce_upload()`)
  await knex.raw(`
    create trigger uploads_announce_new after insert on uploads
       for each row when (new.state in ${told})
       execute function announce_upload()`)

  await knex.raw(`alter table feeds add column expected_since timestamptz not null default now()`)
  await knex.raw(`
    create function renew_expectation() returns trigger language plpgsql as $$
    begin
      new.expected_since := now();
      return new;
    end $$`)
  await knex.raw(`
    create trigger feeds_renew_expectation before update of expect_by, expect_days on feeds
       for each row when (old.expect_by is distinct from new.expect_by or old.expect_days is distinct from new.expect_days)
       execute function renew_expectation()`)

  await knex.raw(`
    alter table agencies
      add column results    text not null default 'none' check (results in ('none', 'daily')),
      add column results_at time not null default '06:00'`)
  await knex.raw(`
    create table result_files (
      agency_id    integer     not null references agencies,
      local_day    date        not null,
      file_name    text        not null,
      covers_from  timestamptz not null,
      covers_until timestamptz not null,
      rows         integer,
      written_at   timestamptz,
      primary key (agency_id, local_day)
    )`)
  await knex.raw(`
    create index messages_ended on messages (agency_id, updated_at)
     where state in ('sent', 'delivered', 'failed', 'unknown', 'expired', 'suppressed', 'simulated')`)

  await knex.raw(`alter table uploads add column removed_at timestamptz`)
  await knex.raw(`alter table uploads add column rejects_removed_at timestamptz`)
  await knex.raw(
    `create index uploads_kept on uploads (finished_at) where archived_at is not null and (removed_at is null or removed_at < archived_at)`,
  )
  await knex.raw(
    `create index uploads_with_rejects on uploads (finished_at)
      where rejects_header is not null and archived_at is not null
        and (rejects_removed_at is null or rejects_removed_at < finished_at)`,
  )
}

/** @param {import('knex').Knex} knex */
export async function down(knex) {
  await knex.raw('drop index uploads_with_rejects')
  await knex.raw('drop index uploads_kept')
  await knex.raw('alter table uploads drop column rejects_removed_at, drop column removed_at')
  await knex.raw('drop index messages_ended')
  await knex.raw('drop table result_files')
  await knex.raw('alter table agencies drop column results, drop column results_at')
  await knex.raw('drop trigger feeds_renew_expectation on feeds')
  await knex.raw('drop function renew_expectation()')
  await knex.raw('alter table feeds drop column expected_since')
  await knex.raw('drop trigger uploads_announce_new on uploads')
  await knex.raw('drop trigger uploads_announce_change on uploads')
  await knex.raw('drop function announce_upload()')
  await knex.raw('drop table alerts')
  await knex.raw('drop table alert_targets')
}
