import { ecr } from './layouts/ecr.ts'
import { semicolon } from './layouts/semicolon.ts'
import { sqlcmd } from './layouts/sqlcmd.ts'
import { workbookPositional } from './layouts/workbook-positional.ts'
import { workbookTitles } from './layouts/workbook-titles.ts'
import type { Layout, LayoutName } from './sheet-types.ts'

/** Every way in which a night can be written. */
export const layouts: Readonly<Record<LayoutName, Layout>> = {
  'ecr-csv': ecr,
  'sqlcmd-txt': sqlcmd,
  'windows-1252-semicolon': semicolon,
  'xlsx-titles': workbookTitles,
  'xlsx-positional': workbookPositional,
}

/** Names of the layouts, for loops over all of them. */
export const layoutNames = Object.keys(layouts) as readonly LayoutName[]

/** The upload template that reads a layout (YAML, design/interface.md §5). */
export function templateFor(layout: LayoutName): string {
  return layouts[layout].template
}
