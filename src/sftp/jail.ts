import type { Account } from '../agencies/index.ts'
import { AccessError, LimitError, UsageError } from '../errors/index.ts'
import type { Area } from '../inbox/index.ts'

/** Where a path leads: into one of the four folders, or to a folder that exists only in this view. */
export type Place =
  | { readonly kind: 'area'; readonly area: Area; readonly segments: readonly string[] }
  | { readonly kind: 'virtual'; readonly entries: readonly string[] }

/** What the jail must know of an account. */
export type JailOwner = Pick<Account, 'alias' | 'isPushOnly'>

/** The four folders, in the order in which they are listed. */
export const areas: readonly Area[] = ['inbox', 'processed', 'error', 'outbox']

/** Where a session starts, and where relative paths begin. */
export const startFolder = '/inbox'

const maxPathBytes = 4096
const maxNameBytes = 255
const maxDepth = 16

// Control characters, line and paragraph separators, and marks that turn the direction of text: names that deceive the reader.
const unsafe = /[\u0000-\u001f\u007f-\u009f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ufffd]/u

function split(path: string): string[] {
  const segments: string[] = []
  for (const part of path.split('/')) {
    if (part === '' || part === '.') continue
    if (part === '..') segments.pop()
    else segments.push(part)
  }
  return segments
}

function assertReadable(raw: Buffer, path: string): void {
  if (raw.length > maxPathBytes) {
    throw new LimitError('PATH_INVALID', `The path has ${raw.length} bytes; ${maxPathBytes} fit.`)
  }
  if (unsafe.test(path)) {
    throw new UsageError(
      'PATH_INVALID',
      'The path has control characters, or characters that are not valid UTF-8.',
      { hint: 'Rename the file with ordinary letters, digits, dots, dashes and blanks.' },
    )
  }
}

function assertLengths(segments: readonly string[]): void {
  const longest = Math.max(0, ...segments.map((segment) => Buffer.byteLength(segment)))
  if (longest > maxNameBytes) {
    throw new LimitError('PATH_INVALID', `A name has ${longest} bytes; ${maxNameBytes} fit.`, {
      hint: 'Choose a shorter file name.',
    })
  }
  if (segments.length > maxDepth) {
    throw new LimitError(
      'PATH_INVALID',
      `The path is ${segments.length} folders deep; ${maxDepth} are possible.`,
    )
  }
}

/** The client's path made absolute and free of `.`, `..` and doubled slashes, by its letters alone; above the root is the root. */
export function normalisePath(raw: Buffer): readonly string[] {
  const path = raw.toString('utf8').normalize('NFC')
  assertReadable(raw, path)
  const segments = split(path.startsWith('/') ? path : `${startFolder}/${path}`)
  assertLengths(segments)
  return segments
}

function startsWith(path: readonly string[], beginning: readonly string[]): boolean {
  return beginning.length <= path.length && beginning.every((part, index) => part === path[index])
}

/**
 * Finds the place of a path in the tree of an account (design/interface.md §3).
 *
 * The root holds the four folders. The account's alias leads to the inbox. Any other path from the root lands in the inbox
 * too, so that jobs which were written for another server keep working. There is no path out of the tree.
 *
 * @throws UsageError PATH_INVALID for control characters and invalid UTF-8, LimitError PATH_INVALID for paths that are too long or deep
 */
export function resolvePath(owner: JailOwner, raw: Buffer): Place {
  const path = normalisePath(raw)
  const [first, ...rest] = path
  if (first === undefined) return { kind: 'virtual', entries: areas }
  const alias = split(owner.alias ?? '')
  if (alias.length > 0 && startsWith(path, alias)) {
    return { kind: 'area', area: 'inbox', segments: path.slice(alias.length) }
  }
  const area = areas.find((name) => name === first)
  if (area !== undefined) return { kind: 'area', area, segments: rest }
  const below = alias[path.length]
  if (below !== undefined && startsWith(alias, path)) return { kind: 'virtual', entries: [below] }
  return { kind: 'area', area: 'inbox', segments: path }
}

/** True unless the name is one that only this server gives, or that other systems would take for a path. */
function isAllowedName(name: string): boolean {
  return (
    !name.includes('\\') && !name.endsWith('.receipt.json') && !/^\.(spool|journal)$/.test(name)
  )
}

/**
 * The segments below the inbox at which a client may make something.
 * @throws AccessError PATH_READ_ONLY outside the inbox and for the folders themselves, UsageError PATH_INVALID for a name that must not be made
 */
export function assertCreatable(place: Place): readonly string[] {
  const segments = assertWritable(place)
  if (!segments.every(isAllowedName)) {
    throw new UsageError(
      'PATH_INVALID',
      'The name has a backslash, or is one that only this server gives.',
      { hint: 'Choose another file name.' },
    )
  }
  return segments
}

/** The segments below the inbox of something that a client may change. @throws AccessError PATH_READ_ONLY outside the inbox and for the folders themselves */
export function assertWritable(place: Place): readonly string[] {
  if (place.kind === 'area' && place.area === 'inbox' && place.segments.length > 0) {
    return place.segments
  }
  throw new AccessError('PATH_READ_ONLY', 'Files can be put into /inbox only.', {
    hint: 'Send the file to /inbox.',
  })
}

/** Whether the account may see a file of this name there: a push-only account sees receipts, not what others sent. */
export function isVisible(owner: JailOwner, area: Area, name: string): boolean {
  if (!owner.isPushOnly || area === 'inbox' || area === 'outbox') return true
  return name.endsWith('.receipt.json')
}

/** Whether a name found on disk can be shown: one that no path could name again is left out. */
export function isNameable(name: string): boolean {
  return !unsafe.test(name)
}
