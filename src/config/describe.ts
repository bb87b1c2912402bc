import { z } from 'zod'
import { settings } from './schema.ts'

export interface SettingDescription {
  /** `sftp.port`: the key in the configuration file. */
  readonly key: string
  /** `DOCKETDROP_SFTP_PORT`: the environment variable. */
  readonly variable: string
  /** The default as text, empty when there is none. */
  readonly fallback: string
  readonly meaning: string
  /** Shown masked wherever settings are printed. */
  readonly isSecret: boolean
}

function toVariable(path: readonly string[]): string {
  if (path[0] === 'databaseUrl') return 'DATABASE_URL'
  const words = path.join('_').replace(/([a-z0-9])([A-Z])/g, '$1_$2')
  return `DOCKETDROP_${words.toUpperCase()}`
}

function describeShape(shape: z.core.$ZodShape, path: readonly string[]): SettingDescription[] {
  return Object.entries(shape).flatMap(([name, type]) => {
    if (type instanceof z.ZodObject) return describeShape(type.shape, [...path, name])
    const parsed = z.safeParse(type, undefined)
    const fallback =
      parsed.success && parsed.data !== undefined
        ? JSON.stringify(parsed.data).replaceAll('"', '')
        : ''
    const meaning = z.globalRegistry.get(type)?.description ?? ''
    const full = [...path, name]
    return [
      {
        key: full.join('.'),
        variable: toVariable(full),
        fallback,
        meaning,
        isSecret: name === 'databaseUrl' || name === 'password',
      },
    ]
  })
}

/** All settings in the order of the schema. */
export function listSettings(): SettingDescription[] {
  return [...describeShape(settings.shape, [])]
}

/** The settings as a Markdown table, as it stands in the README. */
export function describeConfig(): string {
  const lines = listSettings().map(
    ({ variable, key, fallback, meaning }) =>
      `| \`${variable}\` | \`${key}\` | ${fallback === '' ? 'unset' : `\`${fallback}\``} | ${meaning} |`,
  )
  return ['| Variable | Key in the file | Default | Meaning |', '|---|---|---|---|', ...lines].join(
    '\n',
  )
}
