import { existsSync, readFileSync } from 'node:fs'
import { dirname, isAbsolute, join, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parse } from 'yaml'
import { ConfigError, suggestName } from '../errors/index.ts'
import { listSettings } from './describe.ts'
import type { SettingDescription } from './describe.ts'
import { settings } from './schema.ts'
import type { Config } from './schema.ts'

/** Where a value came from; shown by `config print`. */
export type SettingOrigin = 'default' | 'file' | 'file-variable' | 'environment' | 'flag'

export interface LoadedConfig {
  readonly config: Config
  /** By key (`sftp.port`). */
  readonly origins: Readonly<Record<string, SettingOrigin>>
}

/** The package's root: the folder of package.json, the same from src/ and from dist/. */
export const packageRoot = join(dirname(fileURLToPath(import.meta.url)), '..', '..')

const controlVariables = ['DOCKETDROP_CONFIG']

function readText(path: string, named: string): string {
  try {
    return readFileSync(path, 'utf8')
  } catch (cause) {
    throw new ConfigError('CONFIG_UNREADABLE', `${named} names ${path}, which cannot be read.`, {
      hint: 'Check the path and its permissions.',
      cause,
    })
  }
}

function flatten(value: unknown, path: string, into: Map<string, unknown>): void {
  if (value !== null && typeof value === 'object' && !Array.isArray(value)) {
    for (const [name, inner] of Object.entries(value)) {
      flatten(inner, path === '' ? name : `${path}.${name}`, into)
    }
  } else into.set(path, value)
}

function refuseUnknown(names: readonly string[], known: readonly string[], where: string): void {
  for (const name of names) {
    if (known.includes(name)) continue
    throw new ConfigError(
      'CONFIG_UNKNOWN',
      `${where} ${name} is not known.${suggestName(name, known)}`,
      {
        hint: 'See `docketdrop config markdown` for the list of settings.',
      },
    )
  }
}

function fromFile(
  path: string | undefined,
  known: readonly SettingDescription[],
): Map<string, unknown> {
  const values = new Map<string, unknown>()
  if (path === undefined || path === '') return values
  let document: unknown
  try {
    document = parse(readText(path, 'DOCKETDROP_CONFIG'))
  } catch (cause) {
    if (cause instanceof ConfigError) throw cause
    throw new ConfigError('CONFIG_UNREADABLE', `${path} is not YAML.`, {
      hint: 'Mend the file.',
      cause,
    })
  }
  flatten(document ?? {}, '', values)
  refuseUnknown(
    [...values.keys()].filter((key) => key !== ''),
    known.map(({ key }) => key),
    `The key`,
  )
  return values
}

function fromEnvironment(
  env: NodeJS.ProcessEnv,
  known: readonly SettingDescription[],
): { values: Map<string, unknown>; files: Map<string, unknown> } {
  const variables = known.map(({ variable }) => variable)
  const ours = Object.keys(env).filter((name) => name.startsWith('DOCKETDROP_'))
  const allowed = [...variables, ...variables.map((name) => `${name}_FILE`), ...controlVariables]
  refuseUnknown(ours, allowed, 'The variable')
  const values = new Map<string, unknown>()
  const files = new Map<string, unknown>()
  for (const { key, variable } of known) {
    const value = env[variable]
    if (value !== undefined && value !== '') values.set(key, value)
    const file = env[`${variable}_FILE`]
    if (file !== undefined && file !== '') files.set(key, readText(file, `${variable}_FILE`).trim())
  }
  return { values, files }
}

function nest(flat: ReadonlyMap<string, unknown>): Record<string, unknown> {
  const root: Record<string, Record<string, unknown>> = {}
  const tree: Record<string, unknown> = root
  for (const { key } of listSettings()) {
    const [first = '', second] = key.split('.')
    if (second !== undefined) root[first] ??= {}
    const value = flat.get(key)
    if (value === undefined) continue
    if (second === undefined) tree[first] = value
    else (root[first] ??= {})[second] = value
  }
  return tree
}

function explain(
  error: { issues: readonly { path: readonly PropertyKey[]; message: string }[] },
  origins: Readonly<Record<string, SettingOrigin>>,
): string {
  return error.issues
    .map(({ path, message }) => {
      const key = path.join('.')
      const variable = listSettings().find((setting) => setting.key === key)?.variable ?? key
      return `${variable} (from ${origins[key] ?? 'default'}): ${message}`
    })
    .join('; ')
}

/**
 * Reads the settings: flag > environment > `*_FILE` > file > default. All problems are told at once.
 *
 * @param flags - values by key (`sftp.port`), from the command line
 * @throws {ConfigError} `CONFIG_INVALID`, `CONFIG_UNKNOWN`, `CONFIG_UNREADABLE`
 */
export function loadConfig(
  flags: Readonly<Record<string, unknown>> = {},
  env: NodeJS.ProcessEnv = process.env,
): LoadedConfig {
  const known = listSettings()
  const { values, files } = fromEnvironment(env, known)
  const layers: [SettingOrigin, ReadonlyMap<string, unknown>][] = [
    ['file', fromFile(env['DOCKETDROP_CONFIG'], known)],
    ['file-variable', files],
    ['environment', values],
    ['flag', new Map(Object.entries(flags).filter(([, value]) => value !== undefined))],
  ]
  const merged = new Map<string, unknown>()
  const origins: Record<string, SettingOrigin> = Object.fromEntries(
    known.map(({ key }) => [key, 'default']),
  )
  for (const [origin, layer] of layers) {
    for (const [key, value] of layer) {
      merged.set(key, value)
      origins[key] = origin
    }
  }
  const parsed = settings.safeParse(nest(merged))
  if (!parsed.success) {
    throw new ConfigError(
      'CONFIG_INVALID',
      `Settings cannot be used: ${explain(parsed.error, origins)}.`,
      {
        hint: 'See `docketdrop config markdown` for what each setting takes.',
      },
    )
  }
  const place = (path: string, key: string) =>
    isAbsolute(path)
      ? path
      : resolve(origins[key] === 'default' ? packageRoot : process.cwd(), path)
  const config: Config = {
    ...parsed.data,
    home: place(parsed.data.home, 'home'),
    keys: place(parsed.data.keys, 'keys'),
  }
  return { config: Object.freeze(config), origins }
}

/** Version of this package, from its package.json. */
export function readVersion(): string {
  const path = join(packageRoot, 'package.json')
  if (!existsSync(path)) return '0.0.0'
  const { version } = JSON.parse(readFileSync(path, 'utf8')) as { version: string }
  return version
}
