import { readdir } from 'node:fs/promises'
import { join } from 'node:path'
import type { HostKeyType } from './profiles.ts'

/** Where a host key stands in its life: `next` waits for its day and is announced already, `retired` was replaced and can be removed. */
export type HostKeyState = 'active' | 'next' | 'retired'

/** A file in the keys folder, known by its name alone. */
export interface HostKeyFile {
  readonly type: HostKeyType
  readonly path: string
  /** From when on it is the server's key of its type; null for the first one. */
  readonly activeFrom: Date | null
  readonly state: HostKeyState
}

const names: Readonly<Record<HostKeyType, string>> = {
  'ssh-ed25519': 'ssh_host_ed25519_key',
  'ecdsa-sha2-nistp256': 'ssh_host_ecdsa_key',
  'ssh-rsa': 'ssh_host_rsa_key',
}

const types = Object.keys(names) as HostKeyType[]

const successor = /^(.+)\.from-(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z$/

/** Name of the first key of a type, or of the one that takes over at an instant: `ssh_host_ed25519_key.from-20261224T081500Z`. */
export function nameHostKey(type: HostKeyType, activeFrom: Date | null): string {
  if (activeFrom === null) return names[type]
  const stamp = activeFrom.toISOString().replace(/[-:]|\.\d+/g, '')
  return `${names[type]}.from-${stamp}`
}

interface Named {
  readonly type: HostKeyType
  readonly name: string
  readonly activeFrom: Date | null
}

function parseName(name: string): Named | undefined {
  const match = successor.exec(name)
  const type = types.find((one) => names[one] === (match?.[1] ?? name))
  if (type === undefined) return undefined
  if (match === null) return { type, name, activeFrom: null }
  const [year, month, day, hour, minute, second] = match.slice(2)
  const activeFrom = new Date(
    `${year ?? ''}-${month ?? ''}-${day ?? ''}T${hour ?? ''}:${minute ?? ''}:${second ?? ''}Z`,
  )
  return Number.isNaN(activeFrom.getTime()) ? undefined : { type, name, activeFrom }
}

/**
 * The host keys in a folder and the state of each: by their names and the clock alone, so that several processes agree without a word,
 * and a key takes over on its day although nothing runs. Sorted by type, then active, next (the soonest first), retired.
 */
export async function listHostKeyFiles(folder: string, now: Date): Promise<HostKeyFile[]> {
  const found = (await readdir(folder)).flatMap((name) => parseName(name) ?? [])
  const since = ({ activeFrom }: Named): number => activeFrom?.getTime() ?? -Infinity
  return types.flatMap((type) => {
    const ofType = found
      .filter((one) => one.type === type)
      .sort((one, other) => since(one) - since(other))
    const begun = ofType.filter((one) => since(one) <= now.getTime())
    const active = begun.at(-1)
    const inState = (list: readonly Named[], state: HostKeyState): HostKeyFile[] =>
      list.map(({ name, activeFrom }) => ({ type, path: join(folder, name), activeFrom, state }))
    return [
      ...inState(active === undefined ? [] : [active], 'active'),
      ...inState(ofType.slice(begun.length), 'next'),
      ...inState(begun.slice(0, -1).reverse(), 'retired'),
    ]
  })
}
