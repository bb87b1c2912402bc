/**
 * The values that records had before an import changed them, so that an upload can be undone.
 *
 * Statement-level triggers take down whole batches, whatever they change; what an upload creates costs nothing, because the
 * rows themselves say who created them. `undone` marks what an undo takes away and messages still refer to.
 */

/**
 * Table, its key in the history, and the second half of the key.
 *
 * @type {readonly (readonly [string, string, string])[]}
 */
const remembered = [
  ['clients', 'client_id', '0'],
  ['contacts', 'contact_id', '0'],
  ['cases', 'case_id', '0'],
  ['locations', 'location_id', '0'],
  ['judges', 'judge_id', '0'],
  ['events', 'event_id', '0'],
  ['participants', 'event_id', 'client_id'],
  ['payments', 'payment_id', '0'],
  ['event_templates', '0', '0'],
]

/**
 * Table, its states, and what becomes of `undone` where there is no such state.
 *
 * @type {readonly (readonly [string, readonly string[], string])[]}
 */
const states = [
  ['clients', ['active', 'retired'], 'retired'],
  ['contacts', ['valid', 'invalid', 'suppressed', 'retired'], 'retired'],
  ['events', ['scheduled', 'rescheduled', 'cancelled', 'completed', 'unknown'], 'cancelled'],
]

/**
 * Whose change it is, the transaction itself says (`docketdrop.upload_id`); a change by anybody else is kept without an upload.
 * Of several changes by one upload the first counts. Whoever takes changes back wants none of that (`docketdrop.remember`).
 */
const remember = `
  create function remember_records() returns trigger language plpgsql as $$
  declare
    upload uuid := nullif(current_setting('docketdrop.upload_id', true), '')::uuid;
  begin
    if current_setting('docketdrop.remember', true) = 'off' then
      return null;
    end if;
    execute format(
      'insert into record_history (agency_id, kind, record_id, client_id, upload_id, what, before)
       select o.agency_id, %L, %s, %s, $1, $2, to_jsonb(o)
         from old_rows o
        where %s
           on conflict (agency_id, kind, record_id, client_id, upload_id)
           do update set what = excluded.what where record_history.what <> excluded.what',
      tg_table_name, tg_argv[0], tg_argv[1],
      case when upload is null or tg_table_name = 'event_templates' then 'true'
           else 'o.created_upload_id is distinct from $1' end)
    using upload, case tg_op when 'DELETE' then 'removed' else 'updated' end;
    return null;
  end $$`

/** @param {readonly string[]} names */
const list = (names) => names.map((name) => `'${name}'`).join(', ')

/** @param {import('knex').Knex} knex */
export async function up(knex) {
  await knex.raw(`
    create table record_history (
      agency_id  integer     not null,
      history_id bigint      generated always as identity,
      kind       text        not null,
      record_id  bigint      not null,
      client_id  bigint      not null,
      upload_id  uuid,
      what       text        not null check (what in ('updated', 'removed')),
      before     jsonb       not null,
      at         timestamptz not null default now(),
      primary key (agency_id, history_id)
    )`)
  await knex.raw(`
    create unique index record_history_record
        on record_history (agency_id, kind, record_id, client_id, upload_id)`)
  await knex.raw(`
    create index record_history_upload on record_history (agency_id, upload_id) where upload_id is not null`)
  await knex.raw(remember)
  for (const [table, key, part] of remembered) {
    for (const event of ['update', 'delete']) {
      await knex.raw(`
        create trigger ${table}_remember_${event} after ${event} on ${table}
               referencing old table as old_rows
           for each statement execute function remember_records('${key}', '${part}')`)
    }
  }
  for (const [table, known] of states) {
    await knex.raw(`
      alter table ${table}
        drop constraint ${table}_status_check,
        add constraint ${table}_status_check check (status in (${list([...known, 'undone'])}))`)
  }
  await knex.raw('alter table uploads add column undone_at timestamptz')
  await knex.raw(
    'create index uploads_undone on uploads (agency_id, undone_at) where undone_at is not null',
  )
  // What refers to a record that goes away must be found by key, or every removal would read a whole table.
  await knex.raw('create index touched_events_event on touched_events (agency_id, event_id)')
  await knex.raw(
    'create index payments_client on payments (agency_id, client_id) where client_id is not null',
  )
  await knex.raw(
    'create index payments_case on payments (agency_id, case_id) where case_id is not null',
  )
}

/** @param {import('knex').Knex} knex */
export async function down(knex) {
  await knex.raw('drop index payments_case')
  await knex.raw('drop index payments_client')
  await knex.raw('drop index touched_events_event')
  await knex.raw('drop index uploads_undone')
  await knex.raw('alter table uploads drop column undone_at')
  for (const [table] of remembered) {
    for (const event of ['update', 'delete']) {
      await knex.raw(`drop trigger ${table}_remember_${event} on ${table}`)
    }
  }
  for (const [table, known, instead] of states) {
    await knex.raw(`update ${table} set status = '${instead}' where status = 'undone'`)
    await knex.raw(`
      alter table ${table}
        drop constraint ${table}_status_check,
        add constraint ${table}_status_check check (status in (${list(known)}))`)
  }
  await knex.raw('drop function remember_records()')
  await knex.raw('drop table record_history')
}
