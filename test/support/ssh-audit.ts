import { spawn, spawnSync } from 'node:child_process'
import { text } from 'node:stream/consumers'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'

const folder = join(import.meta.dirname, '../fixtures/ssh-audit')

/** Whether ssh-audit is installed here. */
export function hasSshAudit(): boolean {
  return spawnSync('ssh-audit', ['--help']).error === undefined
}

/**
 * What ssh-audit says of a port: its findings on algorithms and its recommendations. Left out: the fingerprints, which are new each time, and
 * what release 2.5.0 says of `kex-strict-s-v00@openssh.com`, which is younger: it is no algorithm, but the counter-measure against Terrapin.
 */
export async function auditPort(port: number): Promise<string> {
  const child = spawn('ssh-audit', ['-n', '-p', String(port), '127.0.0.1'], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  const stdout = await text(child.stdout)
  const lines = stdout.replaceAll('\r', '').split('\n')
  const kept = lines.filter(
    (line) => !/^\(fin\)|^# fingerprints|^\(nfo\)|^# additional|kex-strict-s-v00/.test(line),
  )
  return `${kept
    .map((line) => line.trimEnd())
    .join('\n')
    .replace(/\n{2,}/g, '\n\n')
    .trim()}\n`
}

/** The report that is kept for a profile. */
export function readKeptReport(profile: string): string {
  return readFileSync(join(folder, `${profile}.txt`), 'utf8')
}

/** Lines of a report that name a failing or a warning. */
export function listFindings(report: string): string[] {
  return report
    .split('\n')
    .filter((line) => /\[(warn|fail)\]|^\(rec\)|^\(sec\)|^\(cve\)/.test(line))
}
