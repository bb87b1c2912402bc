/**
 * config — every setting, from defaults, a file, the environment and flags, checked once.
 *
 * In:  command-line flags, `process.env`, a YAML file. Out: one frozen `Config`, and the table for the README; `createSecretBox`
 * for secrets that the database keeps.
 * Promise: the environment is read here and nowhere else; an unknown or wrong setting stops the start with its name.
 */
export { describeConfig, listSettings } from './describe.ts'
export type { SettingDescription } from './describe.ts'
export { loadConfig, packageRoot, readVersion } from './load.ts'
export type { LoadedConfig, SettingOrigin } from './load.ts'
export { settings } from './schema.ts'
export type { Config } from './schema.ts'
export { createSecretBox } from './secret-box.ts'
export type { SecretBox } from './secret-box.ts'
