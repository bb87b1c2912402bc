import { stat } from 'node:fs/promises'
import { join } from 'node:path'
import { createFinding } from './finding.ts'
import type { Finding } from './finding.ts'
import { examineMode } from './mend-mode.ts'

/** Owner and modes of the home and its own folders. */
export async function examineHome(home: string, isMending: boolean): Promise<Finding[]> {
  const { uid } = await stat(home)
  const own = process.getuid?.()
  const owner =
    own === undefined || uid === own
      ? createFinding('home.owner', 'ok', `The home is ${home}.`)
      : createFinding(
          'home.owner',
          'fail',
          `The home ${home} belongs to uid ${uid}, and this is uid ${own}.`,
          'Run docketdrop as the user that owns the home.',
        )
  const folders = ['', 'agencies', 'spool', 'journal'].map((name) => join(home, name))
  const modes = await Promise.all(
    folders.map((path) => examineMode('home.mode', path, { wanted: 0o700, isMending })),
  )
  const bad = modes.filter((finding) => finding !== undefined)
  if (bad.length > 0) return [owner, ...bad]
  return [owner, createFinding('home.mode', 'ok', 'Nobody else can enter its folders.')]
}
