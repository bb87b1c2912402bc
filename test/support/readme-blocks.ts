import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { exitMeanings } from '../../src/cli/exit-code.ts'
import { describeConfig, packageRoot } from '../../src/config/index.ts'
import { describeErrors } from '../../src/errors/index.ts'

/** The parts of the README that are printed from the code. */
export function readmeBlocks(): Record<string, string> {
  const exits = Object.entries(exitMeanings).map(([code, meaning]) => `| ${code} | ${meaning} |`)
  return {
    settings: describeConfig(),
    exits: ['| Code | Meaning |', '|---|---|', ...exits].join('\n'),
    errors: describeErrors(),
  }
}

/** The README with every block written anew. */
export function rewriteReadme(text: string): string {
  return Object.entries(readmeBlocks()).reduce((all, [name, block]) => {
    const open = new RegExp(`(<!-- ${name}:[^>]*-->)[\\s\\S]*?(<!-- /${name} -->)`)
    if (!open.test(all)) throw new Error(`README.md has no block ${name}`)
    return all.replace(open, (_all, start: string, end: string) => `${start}\n\n${block}\n\n${end}`)
  }, text)
}

const path = join(packageRoot, 'README.md')
if (process.argv[1] !== undefined && import.meta.url === pathToFileURL(process.argv[1]).href) {
  writeFileSync(path, rewriteReadme(readFileSync(path, 'utf8')))
}
