import { spawnSync } from 'node:child_process'
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { arch, cpus, release, totalmem } from 'node:os'
import { join } from 'node:path'
import { packageRoot } from '../../src/config/index.ts'

const page = join(packageRoot, 'docs', 'performance.md')

const opening = `# Performance

Written by \`npm run bench -- <layer> --write\`. Every figure is a ratio of figures of one run, in which the product and its peers did
the same work in turns: median of the rounds, with the smallest and the largest. Figures of different tables belong to different runs.
`

/** First line of what a program says of its version; undefined where it is not installed. */
export function askVersion(program: string, ...args: readonly string[]): string | undefined {
  const { stdout, stderr, error } = spawnSync(program, args, { encoding: 'utf8' })
  return error === undefined ? `${stdout}${stderr}`.split('\n')[0]?.trim() : undefined
}

/** One line on the machine; and the versions that are given. */
export function describeMachine(versions: readonly (string | undefined)[]): string {
  const [cpu] = cpus()
  const memory = Math.round(totalmem() / 1024 ** 3)
  const parts = [
    `${cpus().length} cores (${cpu?.model ?? arch()})`,
    `${memory} GiB`,
    `Linux ${release()}`,
    `Node.js ${process.version}`,
    ...versions.filter((version) => version !== undefined),
  ]
  return `${new Date().toISOString().slice(0, 10)}; ${parts.join(', ')}.`
}

/** Puts a section in its place on the page, or at its end where it has none yet. */
export function writeSection(name: string, lines: readonly string[]): void {
  const before = existsSync(page) ? readFileSync(page, 'utf8') : opening
  const [begin, end] = [`<!-- begin ${name} -->`, `<!-- end ${name} -->`]
  const section = [begin, '', ...lines, '', end].join('\n')
  const from = before.indexOf(begin)
  const to = before.indexOf(end)
  const after =
    from === -1 || to === -1
      ? `${before.trimEnd()}\n\n${section}\n`
      : before.slice(0, from) + section + before.slice(to + end.length)
  writeFileSync(page, after)
}
