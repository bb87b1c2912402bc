/** Further ways into an account: certificates of an agency's own authority, and passwords where an agency wants them. */

/** @param {import('knex').Knex} knex */
export async function up(knex) {
  await knex.raw(`
    create table agency_cas (
      agency_id   integer     not null references agencies,
      ca_id       uuid        not null,
      key_type    text        not null,
      public_key  bytea       not null,
      fingerprint text        not null,
      label       text        not null default '',
      created_at  timestamptz not null default now(),
      revoked_at  timestamptz,
      primary key (agency_id, ca_id)
    )`)
  await knex.raw(`
    create unique index agency_cas_active
        on agency_cas (agency_id, fingerprint) where revoked_at is null`)
  await knex.raw(`
    create table revoked_certificates (
      agency_id  integer       not null references agencies,
      key_id     text          not null,
      serial     numeric(20,0),
      created_at timestamptz   not null default now(),
      primary key (agency_id, key_id)
    )`)
  await knex.raw(`alter table agencies add column password_login boolean not null default false`)
  await knex.raw(`
    create table account_passwords (
      agency_id  integer     not null,
      account_id integer     not null,
      hash       text        not null,
      set_at     timestamptz not null default now(),
      primary key (agency_id, account_id),
      foreign key (agency_id, account_id) references accounts
    )`)
  await knex.raw(`
    create table account_locks (
      agency_id    integer       not null,
      account_id   integer       not null,
      failed_at    timestamptz[] not null default '{}',
      locks        integer       not null default 0,
      locked_until timestamptz,
      primary key (agency_id, account_id),
      foreign key (agency_id, account_id) references accounts
    )`)
}

/** @param {import('knex').Knex} knex */
export async function down(knex) {
  await knex.raw('drop table account_locks')
  await knex.raw('drop table account_passwords')
  await knex.raw('alter table agencies drop column password_login')
  await knex.raw('drop table revoked_certificates')
  await knex.raw('drop table agency_cas')
}
