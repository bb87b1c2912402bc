import { z } from 'zod'

const port = (fallback: number, what: string) =>
  z.coerce
    .number()
    .int()
    .min(0)
    .max(65535)
    .default(fallback)
    .describe(`${what}; 0 picks a free one`)

const flag = (fallback: boolean, what: string) =>
  z
    .union([z.boolean(), z.enum(['true', 'false', '1', '0', 'yes', 'no'])])
    .default(fallback)
    .transform((value) => value === true || value === 'true' || value === '1' || value === 'yes')
    .describe(what)

const days = (fallback: number, what: string) =>
  z.coerce
    .number()
    .int()
    .min(0)
    .max(36_500)
    .default(fallback)
    .describe(`days that we keep ${what}; 0 keeps them for ever`)

/** Several values in one variable, parted by commas; a list in the configuration file. */
const list = (what: string) =>
  z
    .union([z.string(), z.array(z.string())])
    .default([])
    .transform((value) =>
      (typeof value === 'string' ? value.split(',') : value)
        .map((part) => part.trim())
        .filter((part) => part !== ''),
    )
    .describe(`${what}; several are parted by commas`)

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
  smtp: z
    .strictObject({
      host: z
        .string()
        .min(1)
        .optional()
        .describe('mail server that takes our e-mail; unset means that no e-mail is sent'),
      port: port(587, 'port of the mail server'),
      secure: z
        .enum(['starttls', 'tls', 'none'])
        .default('starttls')
        .describe(
          'starttls (most often port 587) and tls (465) send nothing unencrypted; none is for a mail server on this machine',
        ),
      user: z.string().min(1).optional().describe('user name at the mail server'),
      password: z
        .string()
        .min(1)
        .optional()
        .describe('password at the mail server; best given by DOCKETDROP_SMTP_PASSWORD_FILE'),
      from: z
        .string()
        .regex(/^[^\s@<>"]+@[^\s@<>"]+$/, 'expected an address such as docketdrop@court.example')
        .optional()
        .describe('address that our e-mail comes from'),
    })
    .refine(({ host, from }) => host === undefined || from !== undefined, {
      path: ['from'],
      error: 'is needed where smtp.host is set',
    }),
  webhook: z.strictObject({
    timeoutSeconds: z.coerce
      .number()
      .min(0.1)
      .max(60)
      .default(15)
      .describe('time in which the receiver of a webhook has to answer'),
    privateNetworks: list(
      'networks of your own, such as 10.1.0.0/16, that webhooks may reach, also by plain http; all other private addresses are refused',
    ),
  }),
  retention: z.strictObject({
    processedDays: days(400, 'files in processed/ with their receipts and rejects'),
    errorDays: days(90, 'files in error/ with their receipts and texts'),
    outboxDays: days(30, 'receipts and results in outbox/'),
    rejectsDays: days(90, 'rejected rows in the database'),
    alertsDays: days(90, 'alerts that were sent or given up'),
  }),
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
