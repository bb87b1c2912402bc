import { isMap, parseDocument } from 'yaml'

/** Keys that matter only to the methods which read the absence of a row as its removal. */
const idleWithUpdate: readonly (readonly string[])[] = [
  ['missing'],
  ['guard', 'removedPercent'],
  ['guard', 'changedPercent'],
]

/**
 * The keys that a template file gives although they do nothing with method `update`, each as a sentence that begins
 * with the key. Defaults that nobody wrote do not count. The text must be a good template of that method.
 */
export function listIdleKeys(yaml: string): string[] {
  const document = parseDocument(yaml.replace(/^\ufeff/, ''))
  if (!isMap(document.contents)) return []
  return idleWithUpdate
    .filter((path) => document.hasIn(path))
    .map(
      (path) =>
        `${path.join('.')} has no effect with method update, the only one of this version: nothing is removed or held because of it.`,
    )
}
