import { chmod, stat } from 'node:fs/promises'
import { createFinding } from './finding.ts'
import type { Finding } from './finding.ts'

const others = 0o077

/** Octal, as chmod and ls write it. */
const show = (mode: number): string => (mode & 0o777).toString(8)

/**
 * Looks whether other users of the machine can reach a folder or file of ours, and takes that away when mending. Undefined
 * where there is no such thing, or all is well.
 */
export async function examineMode(
  check: string,
  path: string,
  { wanted, isMending }: { readonly wanted: number; readonly isMending: boolean },
): Promise<Finding | undefined> {
  const found = await stat(path).catch(() => undefined)
  if (found === undefined || (found.mode & others) === 0) return undefined
  const text = `Other users of this machine can reach ${path} (mode ${show(found.mode)}).`
  if (!isMending)
    return createFinding(check, 'fail', text, `Run doctor --fix, or: chmod ${show(wanted)} ${path}`)
  await chmod(path, wanted)
  const mended = `${text} Mended: mode ${show(wanted)}.`
  return { ...createFinding(check, 'ok', mended), isMended: true }
}
