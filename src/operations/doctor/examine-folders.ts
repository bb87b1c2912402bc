import { stat } from 'node:fs/promises'
import type { Agencies } from '../../agencies/index.ts'
import type { Inbox } from '../../inbox/index.ts'
import { createFailure, createFinding } from './finding.ts'
import type { Finding } from './finding.ts'
import { examineMode } from './mend-mode.ts'

const areas = ['inbox', 'processed', 'error', 'outbox'] as const

const toMb = (bytes: number): string => `${Math.floor(bytes / 1024 ** 2)} MiB`

async function examineDisk(inbox: Inbox): Promise<Finding[]> {
  const { freeBytes, reserveBytes, isBelowReserve } = await inbox.measureDisk()
  const text = `${toMb(freeBytes)} are free; ${toMb(reserveBytes)} are kept in reserve.`
  const free = isBelowReserve
    ? createFinding(
        'disk.free',
        'fail',
        `${text} No new file is taken.`,
        'Make room, or lower DOCKETDROP_RESERVE_MB.',
      )
    : freeBytes < reserveBytes * 2
      ? createFinding('disk.free', 'warn', text, 'Make room soon.')
      : createFinding('disk.free', 'ok', text)
  try {
    await inbox.assertWritable()
  } catch (error) {
    return [free, createFailure('disk.writable', error)]
  }
  const links = (await inbox.hasHardLinks())
    ? createFinding('disk.links', 'ok', 'The disk knows hard links.')
    : createFinding(
        'disk.links',
        'warn',
        'The disk does not know hard links: each file is kept twice until it is filed.',
        'Put the home on a file system such as ext4, xfs or zfs.',
      )
  return [free, createFinding('disk.writable', 'ok', 'The home can be written.'), links]
}

async function examineAgency(inbox: Inbox, agency: string, isMending: boolean): Promise<Finding[]> {
  const findings: Finding[] = []
  const isThere = async (path: string) => (await stat(path).catch(() => undefined)) !== undefined
  const paths = areas.map((area) => inbox.layout.area(agency, area))
  const missing: string[] = []
  for (const path of paths) if (!(await isThere(path))) missing.push(path)
  if (missing.length > 0) {
    const text = `Folders of ${agency} are missing: ${missing.join(', ')}.`
    if (isMending) {
      await inbox.addAgency(agency)
      const mended = createFinding('agency.folders', 'ok', `${text} Mended: they were made.`)
      findings.push({ ...mended, isMended: true })
    } else {
      const hint = 'Run doctor --fix; a running server makes them too.'
      findings.push(createFinding('agency.folders', 'fail', text, hint))
    }
  }
  for (const path of paths) {
    const mode = await examineMode('agency.mode', path, { wanted: 0o700, isMending })
    if (mode !== undefined) findings.push(mode)
  }
  return findings
}

/** The disk, and the folders of the agencies on it. */
export async function examineFolders(
  inbox: Inbox,
  agencies: Pick<Agencies, 'list'>,
  isMending: boolean,
): Promise<Finding[]> {
  const findings = await examineDisk(inbox)
  const all = await agencies.list()
  const odd: Finding[] = []
  for (const { agency } of all) odd.push(...(await examineAgency(inbox, agency, isMending)))
  if (odd.length > 0) return [...findings, ...odd]
  const text = `The folders of ${all.length} agencies are there.`
  return [...findings, createFinding('agency.folders', 'ok', text)]
}
