import type { Agency } from '../agencies/index.ts'
import type { Trx } from '../db/index.ts'
import { listFlowVersions } from './flow-store.ts'
import { planMessages } from './plan.ts'
import { countPlanned, listExamples } from './rehearse-store.ts'
import { createRenderer } from './render-message.ts'
import type { Rehearsal } from './types.ts'

const mostTexts = 12

/**
 * Plans for what an upload touched, in a transaction that the caller rolls back, and tells what came of it: counts by step, and
 * one rendered text per step, channel and language. Nothing is sent; the texts hold names of the file.
 */
export async function rehearsePlan(
  trx: Trx,
  agency: Agency,
  uploadId: string,
  now: Date,
): Promise<Rehearsal> {
  const { agencyId } = agency
  const result = await planMessages(trx, agency, { uploadId }, now)
  const renderer = createRenderer(await listFlowVersions(trx, agencyId), agency)
  const examples = await listExamples(trx, agencyId, uploadId, mostTexts)
  const texts = examples.flatMap((row) => {
    const text = renderer.render(row, row.due_at ?? row.send_at ?? now)
    if (text === undefined) return []
    const { step, channel, language } = row
    return [{ step, channel, language, text: text.body, segments: text.segments ?? 0 }]
  })
  return { ...result, steps: await countPlanned(trx, agencyId, uploadId), texts }
}
