import { chooseFeed } from '../agencies/index.ts'
import type { Agencies } from '../agencies/index.ts'
import { FileError } from '../errors/index.ts'
import type { Upload, Uploads } from '../inbox/index.ts'
import { isRejectsFile } from './rejects-file.ts'
import type { StoredTemplate, Templates } from './types.ts'

/** The template that a file is read with, and the feed that took it (`''` without feeds). */
export interface ChosenTemplate {
  readonly stored: StoredTemplate
  readonly feed: string
  /** Pattern of that feed; null without one. */
  readonly match: string | null
  /** The file mends rows that were rejected; it is read as `rejects.csv`. */
  readonly isRejectsFile: boolean
}

/** Where feeds, templates and earlier uploads are looked up. */
export interface ChooseParts {
  readonly agencies: Pick<Agencies, 'listFeeds'>
  readonly templates: Pick<Templates, 'get' | 'list'>
  readonly uploads: Pick<Uploads, 'get'>
}

const noFeed = { feed: '', match: null } as const

const show = (name: string) => JSON.stringify(name)

function refuseNone(message: string, hint: string): FileError {
  return new FileError('TEMPLATE_NONE', message, { hint })
}

async function chooseOnly(
  agencyId: number,
  templates: ChooseParts['templates'],
): Promise<StoredTemplate> {
  const all = await templates.list(agencyId)
  const [only] = all
  if (only !== undefined && all.length === 1) return only
  if (only === undefined) {
    throw refuseNone(
      'The agency has no upload template yet, so nobody knows what the columns of this file mean.',
      'Import one (docketdrop template import <agency> <FILE.yaml>; docketdrop template suggest writes a draft from a sample), then retry the upload.',
    )
  }
  throw refuseNone(
    `The agency has ${all.length} upload templates (${all.map(({ template }) => template).join(', ')}) and no feed that says which one is for this file.`,
    'Make a feed (docketdrop feed set <agency> <feed> --template T --match "*.csv"), then retry the upload.',
  )
}

/**
 * The template for a file of this name: the one named by the person who uploaded it; else that of the first feed whose
 * glob fits; without feeds, the agency's only one. The feed is `''` where none took it.
 *
 * @throws {FileError} TEMPLATE_NONE, with what there is
 * @throws {NotFoundError} TEMPLATE_NOT_FOUND for a template that was named and does not exist
 */
export async function chooseStoredTemplate(
  agencyId: number,
  fileName: string,
  forced: string | undefined,
  { agencies, templates }: Omit<ChooseParts, 'uploads'>,
): Promise<Omit<ChosenTemplate, 'isRejectsFile'>> {
  const feeds = await agencies.listFeeds(agencyId)
  const feed = chooseFeed(feeds, fileName)
  if (forced !== undefined) {
    const stored = await templates.get(agencyId, forced)
    const isOfFeed = feed?.template === forced
    return isOfFeed ? { stored, feed: feed.feed, match: feed.match } : { stored, ...noFeed }
  }
  if (feed !== undefined) {
    const stored = await templates.get(agencyId, feed.template)
    return { stored, feed: feed.feed, match: feed.match }
  }
  if (feeds.length === 0) return { stored: await chooseOnly(agencyId, templates), ...noFeed }
  const patterns = feeds.map(({ feed: name, match }) => `${name} (${match})`).join(', ')
  throw refuseNone(
    `No feed takes a file of the name ${show(fileName)}. The feeds are: ${patterns}.`,
    'Rename the file, or change the pattern of a feed (docketdrop feed set), then retry the upload.',
  )
}

/**
 * The template for an upload: that of the rejected rows which it mends, in the version they were read with; else
 * `chooseStoredTemplate`. A file that is only named like a rejects.csv, without its four columns, is an ordinary file.
 *
 * @throws {FileError} TEMPLATE_NONE
 * @throws {NotFoundError} TEMPLATE_NOT_FOUND
 */
export async function chooseTemplate(
  upload: Upload,
  path: string,
  parts: ChooseParts,
): Promise<ChosenTemplate> {
  const { agencyId, fileName, forcedTemplate, rejectsOf } = upload
  if (rejectsOf !== null && (await isRejectsFile(path))) {
    const origin = await parts.uploads.get(agencyId, rejectsOf)
    if (origin.template !== null && origin.templateVersion !== null) {
      const { template, templateVersion, feed } = origin
      const stored = await parts.templates.get(agencyId, template, templateVersion)
      return { stored, feed, match: null, isRejectsFile: true }
    }
  }
  const chosen = await chooseStoredTemplate(agencyId, fileName, forcedTemplate ?? undefined, parts)
  return { ...chosen, isRejectsFile: false }
}
