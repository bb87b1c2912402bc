import { createHash } from 'node:crypto'
import type { Agencies } from '../agencies/index.ts'
import { recordAudit } from '../audit/index.ts'
import { inTransaction } from '../db/index.ts'
import type { Db } from '../db/index.ts'
import type { Logger } from '../log/index.ts'
import { assertMethodAvailable } from './assert-method.ts'
import { chooseStoredTemplate } from './choose-template.ts'
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
export function createTemplates({ db, agencies, log }: TemplatesParts): Templates {
  return {
    async importTemplate(agencyId, yaml, actor) {
      const parsed = parseTemplate(yaml)
      assertMethodAvailable(parsed)
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
      return { template, ...saved, notes: listIdleKeys(yaml) }
    },
    list: (agencyId) => listTemplates(db, agencyId),
    get: (agencyId, template, version) => getTemplate(db, agencyId, template, version),
    async choose(agencyId, fileName, forced) {
      const templates = {
        get: (agency: number, name: string) => getTemplate(db, agency, name),
        list: (agency: number) => listTemplates(db, agency),
      }
      const parts = { agencies, templates }
      const { stored, feed } = await chooseStoredTemplate(agencyId, fileName, forced, parts)
      return { ...stored, feed }
    },
    async export(agencyId, template, version) {
      const { source } = await getTemplate(db, agencyId, template, version)
      return source.endsWith('\n') ? source : `${source}\n`
    },
    suggest: (path, fileName) => suggestTemplate(path, fileName),
    async test(agencyId, template, path, fileName) {
      const stored = await getTemplate(db, agencyId, template)
      return testTemplate(await agencies.getById(agencyId), stored, path, fileName)
    },
  }
}
