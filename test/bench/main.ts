import { existsSync } from 'node:fs'
import { benchImport } from './import/bench-import.ts'
import { benchSftp } from './sftp/bench-sftp.ts'

const layers: Readonly<Record<string, (args: readonly string[]) => Promise<void>>> = {
  sftp: benchSftp,
  import: benchImport,
}

/** `npm run bench -- <layer>`: ratios against peers within one run; see reference/performance.md §H. */
async function main(): Promise<void> {
  const [layer = '', ...args] = process.argv.slice(2)
  const run = layers[layer]
  if (run === undefined || !existsSync('dist/main.js')) {
    process.stderr.write(`Usage: npm run bench -- ${Object.keys(layers).join('|')}\n`)
    process.exitCode = 2
    return
  }
  await run(args)
}

await main()
