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
      .describe('address of the health endpoints /livez and /readyz'),
    port: port(9090, 'port of the health endpoints /livez and /readyz'),
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
