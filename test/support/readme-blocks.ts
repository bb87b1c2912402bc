import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { describeEvents } from '../../src/alerts/index.ts'
import { exitMeanings } from '../../src/cli/exit-code.ts'
import { describeConfig, packageRoot } from '../../src/config/index.ts'
import { describeErrors } from '../../src/errors/index.ts'
import { readyMadeTemplates } from '../../src/import/index.ts'
import { languageTable } from '../../src/import/values/language-table.ts'
import { roleTable } from '../../src/import/values/roles.ts'
import { statusTable } from '../../src/import/values/statuses.ts'
import { describeMetrics } from '../../src/operations/index.ts'

function toTable(head: string, rows: readonly (readonly [string | number, string])[]): string {
  return [head, '|---|---|', ...rows.map(([name, text]) => `| ${name} | ${text} |`)].join('\n')
}

function toWords(table: Readonly<Record<string, readonly string[]>>): [string, string][] {
  return Object.entries(table).map(([name, words]) => [`\`${name}\``, words.join(', ')])
}

/** The parts of the documents that are printed from the code, by document and block. */
function printBlocks(): Record<string, Record<string, string>> {
  const languages = Object.entries(languageTable).map(([tag, words]): [string, string] => [
    `\`${tag}\``,
    words.replaceAll('|', ', '),
  ])
  return {
    'README.md': {
      settings: describeConfig(),
      exits: toTable('| Code | Meaning |', Object.entries(exitMeanings)),
      errors: describeErrors(),
    },
    'docs/alerts.md': { events: describeEvents() },
    'docs/operations.md': { metrics: describeMetrics() },
    'docs/templates.md': {
      'ready-made': toTable(
        '| Name | For |',
        readyMadeTemplates.map(({ name, title }) => [`\`${name}\``, title]),
      ),
      statuses: toTable('| Stored | The file says |', toWords(statusTable)),
      roles: toTable('| Stored | The file says |', toWords(roleTable)),
      languages: toTable('| Stored | The file says |', languages),
    },
  }
}

/** Documents with blocks that are printed from the code. */
export const printedDocuments = Object.keys(printBlocks())

/** A document with every block written anew. */
export function rewriteDocument(name: string, text: string): string {
  return Object.entries(printBlocks()[name] ?? {}).reduce((all, [block, content]) => {
    const open = new RegExp(`(<!-- ${block}:[^>]*-->)[\\s\\S]*?(<!-- /${block} -->)`)
    if (!open.test(all)) throw new Error(`${name} has no block ${block}`)
    return all.replace(
      open,
      (_all, start: string, end: string) => `${start}\n\n${content}\n\n${end}`,
    )
  }, text)
}

if (process.argv[1] !== undefined && import.meta.url === pathToFileURL(process.argv[1]).href) {
  for (const name of printedDocuments) {
    const path = join(packageRoot, name)
    writeFileSync(path, rewriteDocument(name, readFileSync(path, 'utf8')))
  }
}
