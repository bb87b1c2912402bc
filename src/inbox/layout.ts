import { mkdir } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'
import { AccessError, NotFoundError, UsageError } from '../errors/index.ts'
import { findFile } from './file-identity.ts'
import type { Area, Layout, Located } from './types.ts'

/** The layout with the places that only the inbox itself knows. */
export interface Places extends Layout {
  readonly spoolFolder: string
  readonly journalFolder: string
  /** Where bytes go whose upload nobody knows. */
  readonly lostFolder: string
  agencyFolder(agency: string): string
  /** Second name of a file that is open for writing, or was when the server died. */
  openSpool(uploadId: string): string
  /** Whether the folder is one of the house, which nobody removes while the server runs. */
  isLasting(path: string): boolean
  /** Makes the folders of the house, 0700. Idempotent. */
  prepare(): Promise<void>
  /** Makes the folders of one agency, 0700. Idempotent. */
  prepareAgency(agency: string): Promise<void>
}

const areas: readonly Area[] = ['inbox', 'processed', 'error', 'outbox']
const agencyName = /^[a-z0-9][a-z0-9-]{1,62}$/
const maxDepth = 16
const maxName = 255
/** Room for the home folder below the system's limit of 4,096 bytes. */
const maxPath = 3000

async function makeFolder(path: string): Promise<void> {
  await mkdir(path, { recursive: true, mode: 0o700 })
}

function refuseLink(): never {
  throw new AccessError('PATH_OUTSIDE', 'The path leads through a link; links are not followed.', {
    hint: 'Use the real folders inbox, processed, error and outbox.',
  })
}

function toSegment(segment: string): string {
  if (['', '.', '..'].includes(segment) || /[/\0]/.test(segment))
    throw new AccessError('PATH_OUTSIDE', 'The path leads outside the folders of this account.')
  const stored = segment.normalize('NFC')
  if (Buffer.byteLength(stored) > maxName)
    throw new UsageError('PATH_INVALID', `Names may be ${maxName} bytes long, no longer.`)
  return stored
}

/** Checks that every folder on the way is a real one, and that the end is not a link. */
async function walk(root: string, segments: readonly string[]): Promise<Located> {
  let path = root
  const folders = ['', ...segments.slice(0, -1)].map((segment) => (path = join(path, segment)))
  const last = segments.at(-1)
  const end = last === undefined ? undefined : join(path, last)
  // Side by side: each look is a trip to the thread pool.
  const [found, ...above] = await Promise.all([
    end === undefined ? undefined : findFile(end),
    ...folders.map(findFile),
  ])
  for (const folder of above) {
    if (folder?.kind === 'other') refuseLink()
    if (folder?.kind !== 'folder')
      throw new NotFoundError('PATH_NOT_FOUND', 'There is no such folder.')
  }
  if (found?.kind === 'other') refuseLink()
  return end === undefined ? { absolute: path, found: above[0] } : { absolute: end, found }
}

/** Paths below a home folder. Nothing is made before `prepare`. */
export function createLayout(home: string): Places {
  const agencyFolder = (agency: string) => {
    if (!agencyName.test(agency))
      throw new UsageError('PATH_INVALID', 'This cannot be the name of an agency.')
    return join(home, 'agencies', agency)
  }
  const places: Places = {
    home,
    spoolFolder: join(home, 'spool'),
    journalFolder: join(home, 'journal'),
    lostFolder: join(home, 'spool', 'lost'),
    agencyFolder,
    area: (agency, area) => join(agencyFolder(agency), area),
    spool: (uploadId) => join(home, 'spool', uploadId),
    openSpool: (uploadId) => join(home, 'spool', `${uploadId}.open`),
    async locate(agency, area, path) {
      return (await places.look(agency, area, path)).absolute
    },
    async look(agency, area, path) {
      if (path.length > maxDepth)
        throw new UsageError('PATH_INVALID', `Folders may be ${maxDepth} deep, no deeper.`)
      const segments = path.map(toSegment)
      if (Buffer.byteLength(segments.join('/')) > maxPath)
        throw new UsageError('PATH_INVALID', `Paths may be ${maxPath} bytes long, no longer.`)
      return walk(places.area(agency, area), segments)
    },
    isLasting: (path) =>
      path === places.spoolFolder ||
      path === places.journalFolder ||
      (dirname(dirname(dirname(path))) === home && areas.some((area) => area === basename(path))),
    async prepare() {
      await makeFolder(places.journalFolder)
      await makeFolder(places.lostFolder)
      await makeFolder(join(home, 'agencies'))
    },
    async prepareAgency(agency) {
      for (const area of areas) await makeFolder(places.area(agency, area))
    },
  }
  return places
}
