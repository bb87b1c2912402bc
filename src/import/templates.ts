import { createHash } from 'node:crypto'
import type { Agencies, FileOpener } from '../agencies/index.ts'
import { recordAudit } from '../audit/index.ts'
import { inTransaction } from '../db/index.ts'
import type { Db } from '../db/index.ts'
import { findLastImported, listRecentRows } from '../inbox/index.ts'
import type { Logger } from '../log/index.ts'
import { chooseStoredTemplate } from './choose-template.ts'
import { diffTemplates } from './diff-templates.ts'
import { toEarlierFile } from './judge-repeat.ts'
import { listIdleKeys } from './list-idle-keys.ts'
import { parseTemplate } from './parse-template.ts'
import { suggestTemplate } from './suggest.ts'
import { getTemplate, listTemplates, saveTemplate } from './template-store.ts'
import { testTemplate } from './test-template.ts'
import type { Templates } from './types.ts'

/** What the templates are built from. */
export interface TemplatesParts {
  readonly db: Db
  readonly agencies: Pick<Agencies, 'getById' | 'listFeeds'>
  readonly log: Logger
  /** For trying files that come packed or encrypted; without it they are read as they are. */
  readonly opener?: Pick<FileOpener, 'forAgency'>
  /** What counts as past when a file is tried. */
  readonly now?: () => Date
}

/** Objects with their keys in order, so that two ways to write the same template are one text. */
function sortKeys(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sortKeys)
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(
    Object.entries(value)
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([key, inner]) => [key, sortKeys(inner)]),
  )
}

/** The upload templates of all agencies; every version is kept and never changed. */
export function createTemplates({
  db,
  agencies,
  log,
  opener,
  now = () => new Date(),
}: TemplatesParts): Templates {
  const templates = {
    get: (agency: number, name: string) => getTemplate(db, agency, name),
    list: (agency: number) => listTemplates(db, agency),
  }
  const parts = { agencies, templates }

  return {
    async importTemplate(agencyId, yaml, actor) {
      const parsed = parseTemplate(yaml)
      const { template } = parsed
      const body = JSON.stringify(sortKeys(parsed))
      const sha256 = createHash('sha256').update(body).digest('hex')
      const saved = await inTransaction(db, async (trx) => {
        const result = await saveTemplate(trx, agencyId, template, { source: yaml, body, sha256 })
        if (result.changed) {
          const detail = { version: result.version, sha256 }
          await recordAudit(trx, {
            agencyId,
            actor,
            action: 'template.import',
            subject: template,
            detail,
          })
        }
        return result
      })
      if (saved.changed)
        log.info('template imported', { agencyId, template, version: saved.version })
      return { template, ...saved, notes: listIdleKeys(yaml, parsed) }
    },
    list: (agencyId) => listTemplates(db, agencyId),
    get: (agencyId, template, version) => getTemplate(db, agencyId, template, version),
    async choose(agencyId, fileName, forced) {
      const { stored, feed } = await chooseStoredTemplate(agencyId, fileName, forced, parts)
      return { ...stored, feed }
    },
    async export(agencyId, template, version) {
      const { source } = await getTemplate(db, agencyId, template, version)
      return source.endsWith('\n') ? source : `${source}\n`
    },
    async diff(agencyId, template, from, to) {
      const newest = await getTemplate(db, agencyId, template)
      const read = (version: number) => getTemplate(db, agencyId, template, version)
      const isText = typeof to === 'object'
      const target = isText ? undefined : to === undefined ? newest : await read(to)
      const before = target === undefined ? newest.version : Math.max(1, target.version - 1)
      const source = await read(from ?? before)
      const now = isText ? to.yaml : (target ?? newest).source
      const changes = diffTemplates(parseTemplate(source.source), parseTemplate(now))
      return { template, from: source.version, to: target?.version ?? null, changes }
    },
    async suggest(agencyId, path, fileName) {
      const opened = await opener?.forAgency(agencyId)(path, fileName)
      try {
        return await suggestTemplate(opened?.path ?? path, opened?.name ?? fileName)
      } finally {
        await opened?.close()
      }
    },
    async test(agencyId, template, path, fileName, plan) {
      const { stored, feed } = await chooseStoredTemplate(agencyId, fileName, template, parts)
      const last = await findLastImported(db, agencyId, feed)
      const agency = await agencies.getById(agencyId)
      return testTemplate({
        ...{ db, agency, stored, path, fileName, plan, open: opener?.forAgency(agencyId) },
        earlier: toEarlierFile(last, template),
        recentRows: await listRecentRows(db, agencyId, feed, template),
        now: now(),
      })
    },
  }
}
