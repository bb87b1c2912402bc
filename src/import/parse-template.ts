import { isMap, LineCounter, parseDocument } from 'yaml'
import type { Document } from 'yaml'
import type { z } from 'zod'
import { UsageError, findNearestName } from '../errors/index.ts'
import { checkTemplate } from './check-template.ts'
import type { TemplateMistake } from './check-template.ts'
import { fields } from './fields.ts'
import { findUnstorable } from './find-unstorable.ts'
import { sourceKeys } from './source.ts'
import { templateSchema } from './template.ts'
import type { Template } from './template.ts'
import { hasUnstorableText } from './values/text.ts'

const longestTemplate = 262_144
const mostShown = 8

function refuse(mistakes: readonly string[]): UsageError {
  const shown = mistakes.slice(0, mostShown)
  const more = mistakes.length - shown.length
  return new UsageError(
    'TEMPLATE_INVALID',
    `The template cannot be used: ${shown.join('; ')}${more > 0 ? `; and ${more} more` : ''}.`,
    { hint: 'Mend the file and import it again; nothing was changed.' },
  )
}

/** The line of a key or value of the document; its parent's where it has none itself. */
function findLine(
  document: Document,
  lines: LineCounter,
  path: readonly PropertyKey[],
): number | undefined {
  for (let depth = path.length; depth > 0; depth--) {
    const parent = depth === 1 ? document.contents : document.getIn(path.slice(0, depth - 1), true)
    const key = path[depth - 1]
    const pair = isMap(parent)
      ? parent.items.find((item) => String((item.key as { value?: unknown }).value) === String(key))
      : undefined
    const node = (pair?.key ?? document.getIn(path.slice(0, depth), true)) as
      { range?: readonly number[] | null } | undefined
    const start = node?.range?.[0]
    if (start !== undefined) return lines.linePos(start).line
  }
  return undefined
}

const rootKeys = Object.keys(templateSchema.shape)
const keysBelow: Readonly<Record<string, readonly string[]>> = {
  columns: sourceKeys,
  guard: ['removedPercent', 'changedPercent', 'minRows', 'rejectedPercent', 'floor'],
  exclude: ['column', 'in', 'matches', 'blank'],
}
const fieldMaps = new Set<PropertyKey>(['columns', 'values', 'defaults'])

function describeUnknownKey(key: string, path: readonly PropertyKey[]): string {
  const isField = path.length === 1 && fieldMaps.has(path[0] ?? '')
  const known = isField ? fields : path.length === 0 ? rootKeys : (keysBelow[String(path[0])] ?? [])
  const near = findNearestName(key, known)
  const group = known.filter((name) => isField && name.split('.')[0] === key.split('.')[0])
  const advice =
    near !== undefined
      ? `; did you mean ${near}?`
      : known.length > 0
        ? `; known are ${(group.length > 0 ? group : known).join(', ')}`
        : ''
  return `${key} is not a known ${isField ? 'field' : 'key'}${advice}`
}

function listIssueMistakes(issue: z.core.$ZodIssue): TemplateMistake[] {
  const { path } = issue
  if (issue.code === 'unrecognized_keys')
    return issue.keys.map((key) => ({
      path: [...path, key],
      message: describeUnknownKey(key, path),
    }))
  if (path.length === 0)
    return [{ path, message: 'it must be a map of keys, beginning with template: and columns:' }]
  const name = path.map(String).join('.')
  const message =
    issue.code === 'invalid_value'
      ? `must be one of ${issue.values.map((value) => JSON.stringify(value)).join(', ')}`
      : issue.code === 'invalid_type' && issue.input === undefined && path.length === 1
        ? `is missing or no ${issue.expected}`
        : issue.message.replace(/^Invalid input: /, '')
  return [{ path, message: `${name}: ${message}` }]
}

function withName({ path, message }: TemplateMistake): TemplateMistake {
  const names = path.filter((part) => typeof part !== 'number').map(String)
  const shown = names.length > 1 && names[0] === 'columns' ? names.slice(1) : names
  return { path, message: `${shown.join('.')} ${message}` }
}

/**
 * Reads a template file: YAML 1.2, so JSON too. Every default is written out in the result.
 *
 * @throws {UsageError} `TEMPLATE_INVALID` naming each mistake with its line, and the nearest known name for an unknown one
 */
export function parseTemplate(yaml: string): Template {
  if (yaml.length > longestTemplate)
    throw refuse([`it is longer than ${longestTemplate} characters`])
  const lines = new LineCounter()
  const document = parseDocument(yaml.replace(/^\ufeff/, ''), {
    lineCounter: lines,
    uniqueKeys: true,
  })
  const [fault] = document.errors
  if (fault !== undefined) {
    const text = (fault.message.split(/ at line |\n/)[0] ?? '').replace(/\.$/, '')
    throw refuse([`line ${fault.linePos?.[0].line ?? 1}: it is not YAML: ${text}`])
  }
  const fail = (mistakes: readonly TemplateMistake[]) =>
    refuse(
      mistakes.map(({ path, message }) => {
        const line = findLine(document, lines, path)
        return line === undefined ? message : `line ${line}: ${message}`
      }),
    )
  const plain = toPlain(document)
  const broken = hasUnstorableText(yaml) ? [] : findUnstorable(plain)
  if (broken !== undefined)
    throw fail([{ path: broken, message: 'it holds control characters or broken characters' }])
  const parsed = templateSchema.safeParse(plain)
  if (!parsed.success) throw fail(parsed.error.issues.flatMap(listIssueMistakes))
  const template = parsed.data as Template
  const mistakes = checkTemplate(template).map(withName)
  if (mistakes.length > 0) throw fail(mistakes)
  return template
}

function toPlain(document: Document): unknown {
  try {
    return document.toJS({ maxAliasCount: 50 }) as unknown
  } catch {
    throw refuse(['it repeats itself through too many aliases (&, *)'])
  }
}
