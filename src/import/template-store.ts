import { NotFoundError } from '../errors/index.ts'
import type { Queryable, Trx } from '../db/index.ts'
import type { StoredTemplate } from './types.ts'

interface TemplateRow {
  agency_id: number
  template: string
  version: number
  source: string
  created_at: Date
}

const columns = ['agency_id', 'template', 'version', 'source', 'created_at'] as const

function toStored(row: TemplateRow): StoredTemplate {
  return {
    agencyId: row.agency_id,
    template: row.template,
    version: row.version,
    source: row.source,
    createdAt: row.created_at,
  }
}

/** First key of the advisory locks of template imports; the second is the agency. */
const templateLock = 7_361_003

/**
 * Saves a template as a new version, unless the newest one has the same body, or the same text, which a later program may read
 * with other defaults. Imports of one agency wait for each other.
 *
 * @returns the version that now holds this body, and whether it is new
 */
export async function saveTemplate(
  trx: Trx,
  agencyId: number,
  template: string,
  content: { readonly source: string; readonly body: string; readonly sha256: string },
): Promise<{ version: number; changed: boolean }> {
  await trx.raw('select pg_advisory_xact_lock(?, ?)', [templateLock, agencyId])
  const newest = await trx<TemplateRow & { sha256: string }>('upload_templates')
    .select('version', 'source', 'sha256')
    .where({ agency_id: agencyId, template })
    .orderBy('version', 'desc')
    .first()
  const isSame = newest?.sha256 === content.sha256 || newest?.source === content.source
  if (newest !== undefined && isSame) return { version: newest.version, changed: false }
  const version = (newest?.version ?? 0) + 1
  const { source, body, sha256 } = content
  const row = { agency_id: agencyId, template, version, source, body, sha256 }
  await trx('upload_templates').insert(row)
  return { version, changed: true }
}

/** The newest version of each template of an agency, by name. */
export async function listTemplates(db: Queryable, agencyId: number): Promise<StoredTemplate[]> {
  const rows = (await db('upload_templates')
    .distinctOn('template')
    .select(...columns)
    .where({ agency_id: agencyId })
    .orderBy([{ column: 'template' }, { column: 'version', order: 'desc' }])) as TemplateRow[]
  return rows.map(toStored)
}

/** One version, by default the newest. @throws NotFoundError TEMPLATE_NOT_FOUND */
export async function getTemplate(
  db: Queryable,
  agencyId: number,
  template: string,
  version?: number,
): Promise<StoredTemplate> {
  const row = (await db('upload_templates')
    .select(...columns)
    .where({ agency_id: agencyId, template, ...(version === undefined ? {} : { version }) })
    .orderBy('version', 'desc')
    .first()) as TemplateRow | undefined
  if (row !== undefined) return toStored(row)
  const what =
    version === undefined
      ? `template ${JSON.stringify(template)}`
      : `version ${version} of template ${JSON.stringify(template)}`
  throw new NotFoundError('TEMPLATE_NOT_FOUND', `There is no ${what}.`, {
    hint: '`docketdrop template list <agency>` shows the templates of an agency.',
  })
}
