import { z } from 'zod'
import { retentionSettings, smtpSettings, webhookSettings } from './schema-telling.ts'
import { flag, list, port } from './setting-kinds.ts'

/**
 * Every setting: its default, its check and one sentence for people. The environment variable of `sftp.port` is
 * `DOCKETDROP_SFTP_PORT`; a key of two words such as `settleMs` is `DOCKETDROP_SETTLE_MS`.
 * `databaseUrl` alone has a universal name, `DATABASE_URL`.
 */
export const settings = z.strictObject({
  home: z
    .string()
    .min(1)
    .default('var')
    .describe(
      'everything that must survive: agency folders, spool, journal, embedded database, backups (a relative default lies in the package)',
    ),
  keys: z
    .string()
    .min(1)
    .default('keys')
    .describe(
      'SSH host keys, made at first start, and the secret key for data at rest (a relative default lies in the package)',
    ),
  databaseUrl: z
    .string()
    .regex(/^postgres(ql)?:\/\//, 'expected postgres://user:password@host:port/database')
    .optional()
    .describe(
      'a PostgreSQL of your own, 15 or newer; unset means the embedded one in the home folder',
    ),
  sftp: z.strictObject({
    host: z.string().min(1).default('0.0.0.0').describe('address of the SFTP listener'),
    port: port(2022, 'port of the SFTP listener'),
    loginGraceMs: z.coerce
      .number()
      .int()
      .min(1000)
      .max(600_000)
      .default(30_000)
      .describe('time a connection has to sign in'),
    idleMs: z.coerce
      .number()
      .int()
      .min(10_000)
      .max(86_400_000)
      .default(900_000)
      .describe('a session without an open file is ended after this time of silence'),
    profile: z
      .enum(['default', 'strict', 'fips', 'legacy'])
      .default('default')
      .describe('which algorithms the SFTP listener offers: default, strict, fips or legacy'),
    moreListeners: list(
      'further SFTP listeners as host:port=profile, with +proxy at the end behind a load balancer',
    ),
    proxyFrom: list('networks of load balancers whose PROXY v2 header is believed'),
    allowFrom: list('networks that may connect at all; empty means everywhere'),
    denyFrom: list('networks that may not connect'),
    neverBan: list('networks that are never banned, however often they fail'),
    banMinutes: z.coerce
      .number()
      .min(0.01)
      .max(1440)
      .default(10)
      .describe(
        'length of the first ban of an address, in minutes; each further one is twice as long',
      ),
    maxConnections: z.coerce
      .number()
      .int()
      .min(1)
      .max(100_000)
      .default(500)
      .describe('connections at one time, in all'),
    maxConnectionsPerAccount: z.coerce
      .number()
      .int()
      .min(1)
      .max(10_000)
      .default(20)
      .describe('connections at one time of one account'),
    maxUnauthenticated: z.coerce
      .number()
      .int()
      .min(1)
      .max(100_000)
      .default(100)
      .describe(
        'connections at one time that have not signed in; from half of them on, newcomers are dropped at random',
      ),
    maxUnauthenticatedPerAddress: z.coerce
      .number()
      .int()
      .min(1)
      .max(10_000)
      .default(10)
      .describe('connections at one time of one address that have not signed in'),
    rekeyMb: z.coerce
      .number()
      .int()
      .min(1)
      .max(65_536)
      .default(1024)
      .describe('the server renews the keys of a connection after this many MiB'),
    rekeyMinutes: z.coerce
      .number()
      .min(0.01)
      .max(1440)
      .default(60)
      .describe('the server renews the keys of a connection after this many minutes'),
    chacha20: flag(false, 'also offer the chacha20-poly1305 cipher (slower here than AES)'),
  }),
  http: z.strictObject({
    host: z
      .string()
      .min(1)
      .default('127.0.0.1')
      .describe('address of the Console and API (not in this version yet)'),
    port: port(8080, 'port of the Console and API (not in this version yet)'),
  }),
  telemetry: z.strictObject({
    host: z
      .string()
      .min(1)
      .default('127.0.0.1')
      .describe('address of /metrics, /livez and /readyz'),
    port: port(9090, 'port of /metrics, /livez and /readyz'),
  }),
  publicUrl: z
    .url()
    .optional()
    .describe('the address people reach this server by; for links and provider callbacks'),
  settleMs: z.coerce
    .number()
    .int()
    .min(0)
    .max(3_600_000)
    .default(10_000)
    .describe(
      'quiet time after which a received file counts as finished while its sender stays connected',
    ),
  scanMs: z.coerce
    .number()
    .int()
    .min(250)
    .max(3_600_000)
    .default(60_000)
    .describe('how often the inbox folders are scanned and unfinished work is looked for'),
  adoptMs: z.coerce
    .number()
    .int()
    .min(500)
    .max(3_600_000)
    .default(10_000)
    .describe('how long a file copied into an inbox folder must stand still before it is taken'),
  partialHours: z.coerce
    .number()
    .int()
    .min(1)
    .max(720)
    .default(24)
    .describe('hours that a partial upload is kept for its sender to resume'),
  temporaryHours: z.coerce
    .number()
    .min(0.001)
    .max(720)
    .default(6)
    .describe('hours after which a file that still has a temporary name raises an alarm'),
  reserveMb: z.coerce
    .number()
    .int()
    .min(0)
    .optional()
    .describe(
      'disk space in MiB that is kept free for receipts and the database: below it no new file is taken; unset means 1 GiB or 2 % of the disk, whichever is more',
    ),
  maxUploadBytes: z.coerce
    .number()
    .int()
    .min(1024)
    .default(2 * 1024 ** 3)
    .describe('largest file that is taken, in bytes'),
  drainMs: z.coerce
    .number()
    .int()
    .min(0)
    .max(600_000)
    .default(20_000)
    .describe('time that running transfers and imports have to finish after SIGTERM'),
  import: z.strictObject({
    memoryMb: z.coerce
      .number()
      .int()
      .min(64)
      .max(65_536)
      .default(768)
      .describe(
        'JavaScript memory in MiB that the process of one import may take (in all it may take twice that); a file that needs more is held',
      ),
  }),
  smtp: smtpSettings,
  webhook: webhookSettings,
  retention: retentionSettings,
  postgres: z.strictObject({
    port: port(0, 'port of the embedded PostgreSQL, remembered once chosen'),
    sharedBuffersMb: z.coerce
      .number()
      .int()
      .min(16)
      .max(65_536)
      .default(128)
      .describe('memory for the page cache of the embedded PostgreSQL, in MiB'),
    maxConnections: z.coerce
      .number()
      .int()
      .min(20)
      .max(1000)
      .default(80)
      .describe('connections that the embedded PostgreSQL allows'),
  }),
  pool: z.strictObject({
    max: z.coerce
      .number()
      .int()
      .min(2)
      .max(200)
      .default(10)
      .describe('database connections of one docketdrop process'),
  }),
  log: z.strictObject({
    level: z
      .enum(['error', 'warn', 'info', 'debug'])
      .default('info')
      .describe('how much is logged'),
    format: z
      .enum(['json', 'pretty'])
      .optional()
      .describe('json or pretty; unset means pretty on a terminal, json elsewhere'),
  }),
})

/** The checked settings; `home` and `keys` are absolute. */
export type Config = z.output<typeof settings>
