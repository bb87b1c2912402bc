import { isMap, parseDocument } from 'yaml'
import { fields } from './fields.ts'
import { listMappedFields } from './template.ts'
import type { Template } from './template.ts'

/** Keys that matter only to the methods for which a row that is not there means something. */
const idleWithUpdate: readonly (readonly string[])[] = [['missing'], ['guard', 'changedPercent']]

/**
 * The keys that a template file gives although they do nothing, each as a sentence that begins with the key: those of the
 * replace methods beside `update`, and `values` of a field that nothing is read for. Defaults that nobody wrote do not count.
 * `template` is what the text was parsed to.
 */
export function listIdleKeys(yaml: string, template: Template): string[] {
  const document = parseDocument(yaml.replace(/^\ufeff/, ''))
  if (!isMap(document.contents)) return []
  const ofMethod = template.method === 'update' ? idleWithUpdate : []
  const mapped = new Set(listMappedFields(template))
  return [
    ...ofMethod
      .filter((path) => document.hasIn(path))
      .map(
        (path) =>
          `${path.join('.')} has no effect with method update, for which the absence of a row proves nothing.`,
      ),
    ...fields
      .filter((field) => template.values[field] !== undefined && !mapped.has(field))
      .map((field) => `values.${field} has no effect: no column is read for ${field}.`),
  ]
}
