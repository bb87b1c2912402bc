import type { Config } from '../../config/index.ts'
import type { Db } from '../../db/index.ts'
import { readAlertFigures } from './doctor-store.ts'
import { createFinding } from './finding.ts'
import type { Finding } from './finding.ts'

/** An alert that waits longer than this is in trouble. */
const longWaitSeconds = 900

/** Who is told of files, and whether it reaches them. */
export async function examineAlerts(db: Db, { smtp }: Config): Promise<Finding[]> {
  const { targets, emailTargets, disabled, unwatched, failed, waiting, oldest } =
    await readAlertFigures(db)
  const who =
    unwatched.length > 0
      ? createFinding(
          'alerts.targets',
          'warn',
          `Nobody is told of files of ${unwatched.join(', ')}.`,
          'Run: docketdrop alert add <agency> --email <address>',
        )
      : createFinding('alerts.targets', 'ok', `${targets} address(es) are told of files.`)
  const findings = [who]
  if (emailTargets > 0 && smtp.host === undefined)
    findings.push(
      createFinding(
        'alerts.smtp',
        'fail',
        `${emailTargets} e-mail address(es) are to be told, and smtp.host is not set.`,
        'Set smtp.host and smtp.from; what waits goes out then.',
      ),
    )
  if (disabled.length > 0)
    findings.push(
      createFinding(
        'alerts.off',
        'warn',
        `Webhooks have asked not to be called again: ${disabled.join(', ')}.`,
        'Remove them, or add them again: docketdrop alert list <agency>',
      ),
    )
  findings.push(
    failed > 0
      ? createFinding(
          'alerts.failed',
          'warn',
          `${failed} alert(s) of the last 30 days were given up.`,
          'See why with docketdrop alert log <agency> --state failed, then docketdrop alert retry.',
        )
      : createFinding('alerts.failed', 'ok', 'No alert was given up.'),
  )
  if (waiting > 0 && (oldest ?? 0) > longWaitSeconds)
    findings.push(
      createFinding(
        'alerts.waiting',
        'warn',
        `${waiting} alert(s) wait, the oldest for ${Math.round((oldest ?? 0) / 60)} minutes.`,
        'A running server delivers them; see docketdrop alert log <agency> --state waiting.',
      ),
    )
  return findings
}
