/** OpenPGP keys of agencies: our own, which open what was encrypted for them, and those of senders, whose signature is asked for. */

/** @param {import('knex').Knex} knex */
export async function up(knex) {
  await knex.raw(`
    create table pgp_keys (
      agency_id   integer     not null references agencies,
      key_id      uuid        not null,
      role        text        not null check (role in ('receive', 'sender')),
      fingerprint text        not null check (fingerprint ~ '^([0-9a-f]{40}|[0-9a-f]{64})$'),
      subkey_ids  text[]      not null,
      user_id     text        not null default '',
      label       text        not null default '',
      public_key  text        not null,
      sealed_key  bytea,
      expires_at  timestamptz,
      created_at  timestamptz not null default now(),
      revoked_at  timestamptz,
      primary key (agency_id, key_id),
      check ((role = 'receive') = (sealed_key is not null))
    )`)
  await knex.raw(`
    create unique index pgp_keys_active
        on pgp_keys (agency_id, role, fingerprint) where revoked_at is null`)
}

/** @param {import('knex').Knex} knex */
export async function down(knex) {
  await knex.raw('drop table pgp_keys')
}
