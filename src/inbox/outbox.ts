import { join } from 'node:path'
import { UsageError } from '../errors/index.ts'
import type { InboxContext } from './inbox-context.ts'
import { writeDurable } from './write-durable.ts'

/** Names of the house in an outbox; receipts are written by the archive. */
const ownName = /^results-\d{4}-\d{2}-\d{2}\.csv$/

/** Writes a file for an agency to fetch: complete or not at all, also after a power cut; one of the same name is replaced. */
export async function writeToOutbox(
  context: Pick<InboxContext, 'places' | 'syncFolder' | 'addAgency'>,
  agency: string,
  fileName: string,
  content: string | AsyncIterable<string>,
): Promise<void> {
  if (!ownName.test(fileName))
    throw new UsageError('PATH_INVALID', 'This cannot be the name of a file of results.')
  const { places } = context
  await context.addAgency(agency)
  const path = join(places.area(agency, 'outbox'), fileName)
  await writeDurable(path, content, context.syncFolder, places.spoolFolder)
}
