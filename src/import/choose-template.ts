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
  /** The file mends rows that were rejected; it is read as `rejects.csv`. */
  readonly isRejectsFile: boolean
}

export interface ChooseParts {
  readonly agencies: Pick<Agencies, 'listFeeds'>
  readonly templates: Pick<Templates, 'get' | 'list'>
  readonly uploads: Pick<Uploads, 'get'>
}

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
 * Chooses the template: that of the rejected rows which the file mends; else the one named by the person who uploaded it;
 * else that of the first feed whose glob fits the name; without feeds, the agency's only one.
 *
 * @throws {FileError} TEMPLATE_NONE, with what there is
 * @throws {NotFoundError} TEMPLATE_NOT_FOUND for a template that was named and does not exist
 */
export async function chooseTemplate(
  upload: Upload,
  path: string,
  { agencies, templates, uploads }: ChooseParts,
): Promise<ChosenTemplate> {
  const { agencyId, fileName, forcedTemplate, rejectsOf } = upload
  if (rejectsOf !== null && (await isRejectsFile(path))) {
    const origin = await uploads.get(agencyId, rejectsOf)
    if (origin.template !== null && origin.templateVersion !== null) {
      const stored = await templates.get(agencyId, origin.template, origin.templateVersion)
      return { stored, feed: origin.feed, isRejectsFile: true }
    }
  }
  const feeds = await agencies.listFeeds(agencyId)
  const feed = chooseFeed(feeds, fileName)
  if (forcedTemplate !== null) {
    const stored = await templates.get(agencyId, forcedTemplate)
    return {
      stored,
      feed: feed?.template === forcedTemplate ? feed.feed : '',
      isRejectsFile: false,
    }
  }
  if (feed !== undefined) {
    const stored = await templates.get(agencyId, feed.template)
    return { stored, feed: feed.feed, isRejectsFile: false }
  }
  if (feeds.length === 0) {
    return { stored: await chooseOnly(agencyId, templates), feed: '', isRejectsFile: false }
  }
  const patterns = feeds.map(({ feed: name, match }) => `${name} (${match})`).join(', ')
  throw refuseNone(
    `No feed takes a file of the name ${show(fileName)}. The feeds are: ${patterns}.`,
    'Rename the file, or change the pattern of a feed (docketdrop feed set), then retry the upload.',
  )
}
