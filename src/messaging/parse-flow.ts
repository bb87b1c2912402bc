import { parseDocument } from 'yaml'
import type { z } from 'zod'
import { AppError, UsageError, suggestName } from '../errors/index.ts'
import { findText, flowSchema, listLanguages } from './flow.ts'
import type { Flow } from './flow.ts'
import { parseText } from './merge-tags.ts'

/** Names that may stand in a flow file, by the place where they stand. */
const keys: Readonly<Record<string, readonly string[]>> = {
  '': ['flow', 'applies', 'contacts', 'steps', 'texts'],
  applies: ['roles', 'statuses', 'caseTypes'],
  'applies.caseTypes': ['exclude'],
  steps: ['step', 'when', 'on', 'at', 'channels', 'text', 'enabled'],
  texts: ['subject', 'body', 'sms', 'email'],
}

const maxBytes = 256 * 1024

function fail(message: string, hint = 'Correct the flow file and import it again.'): never {
  throw new UsageError('FLOW_INVALID', message, { hint })
}

function showPath(path: readonly PropertyKey[]): string {
  return path
    .map((key, at) => (typeof key === 'number' ? `[${key}]` : `${at > 0 ? '.' : ''}${String(key)}`))
    .join('')
}

function keysAt(path: readonly PropertyKey[]): readonly string[] {
  const place = path.filter((key) => typeof key === 'string')
  return keys[place.join('.')] ?? keys[place[0] ?? ''] ?? []
}

function valueAt(document: unknown, path: readonly PropertyKey[]): unknown {
  let value = document
  for (const key of path) value = (value as Record<PropertyKey, unknown> | undefined)?.[key]
  return value
}

/** One sentence about the first mistake, with the nearest right name where there is one. */
function describeIssue(issue: z.core.$ZodIssue, document: unknown): string {
  const place = issue.path.length === 0 ? 'The flow file' : `"${showPath(issue.path)}"`
  if (issue.code === 'unrecognized_keys') {
    const [key = ''] = issue.keys
    const known = keysAt(issue.path)
    return `${place} has "${key}", which is not known.${suggestName(key, known)} Known are: ${known.join(', ')}.`
  }
  if (issue.code === 'invalid_value') {
    const known = issue.values.map(String)
    const value = valueAt(document, issue.path)
    const given = value === undefined ? 'missing' : JSON.stringify(value).slice(0, 60)
    return `${place} is ${given}; it can be ${known.join(', ')}.${suggestName(String(value), known)}`
  }
  if (issue.code === 'invalid_union') {
    const inner = issue.errors
      .flat()
      .sort((a, b) => b.path.length - a.path.length || rank(a) - rank(b))[0]
    if (inner !== undefined)
      return describeIssue({ ...inner, path: [...issue.path, ...inner.path] }, document)
  }
  if (issue.code === 'invalid_type') {
    const isMissing = valueAt(document, issue.path) === undefined
    return isMissing ? `${place} is missing.` : `${place} must be of type ${issue.expected}.`
  }
  if (issue.code === 'invalid_key') {
    const [inner] = issue.issues
    return `${place} ${inner?.message ?? 'is not a name that can be used here'}.`
  }
  return `${place} ${issue.message}.`
}

/** Among the ways that a union could not be read, an unknown name says more than a wrong type. */
function rank(issue: z.core.$ZodIssue): number {
  return issue.code === 'unrecognized_keys' ? 0 : 1
}

function readYaml(yaml: string): unknown {
  if (Buffer.byteLength(yaml) > maxBytes)
    fail(`A flow file may have ${maxBytes / 1024} KiB at most; this one is larger.`)
  const document = parseDocument(yaml)
  const [mistake] = document.errors
  if (mistake !== undefined) {
    const line = mistake.linePos?.[0].line
    fail(
      `The flow file is not valid YAML${line === undefined ? '' : ` in line ${line}`}: ${mistake.message.split('\n')[0] ?? ''}`,
    )
  }
  return document.toJS({ maxAliasCount: 20 }) as unknown
}

/** Every tag of every text, and every language of every text, must be readable. */
function checkTexts(flow: Flow): void {
  for (const [textName, languages] of Object.entries(flow.texts)) {
    for (const language of Object.keys(languages)) {
      for (const channel of ['sms', 'email'] as const) {
        const found = findText(flow, textName, channel, language)
        for (const words of [found?.subject, found?.body]) {
          if (words !== null && words !== undefined)
            checkTags(words, `texts.${textName}.${language}`)
        }
      }
    }
  }
}

function checkTags(words: string, place: string): void {
  try {
    parseText(words)
  } catch (error) {
    if (!(error instanceof AppError)) throw error
    fail(`In "${place}": ${error.message}`, error.hint)
  }
}

function checkSteps(flow: Flow): void {
  const seen = new Set<string>()
  flow.steps.forEach((step, at) => {
    const place = `"steps[${at}]"`
    if (seen.has(step.step)) fail(`${place} is named "${step.step}", as an earlier step is.`)
    seen.add(step.step)
    if (flow.texts[step.text] === undefined) {
      const known = Object.keys(flow.texts)
      fail(
        `${place} uses the text "${step.text}", which is not among "texts".${suggestName(step.text, known)}`,
      )
    }
    for (const channel of step.channels) {
      if (listLanguages(flow, step.text, channel).length === 0)
        fail(
          `${place} goes out by ${channel}, but the text "${step.text}" says nothing for ${channel}.`,
        )
    }
  })
}

/**
 * Reads a flow file (design: interface §6).
 * @throws UsageError FLOW_INVALID naming the first mistake, where it stands, and the nearest right name
 */
export function parseFlow(yaml: string): Flow {
  const document = readYaml(yaml)
  const result = flowSchema.safeParse(document)
  if (!result.success) {
    const [issue] = result.error.issues
    fail(issue === undefined ? 'The flow file cannot be read.' : describeIssue(issue, document))
  }
  checkSteps(result.data)
  checkTexts(result.data)
  return result.data
}
