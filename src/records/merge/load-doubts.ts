import type { Trx } from '../../db/index.ts'
import type { Doubt } from '../types.ts'
import { thisAgency } from './origin.ts'
import type { Origin } from './origin.ts'

/** How far the doubts about a file reach. */
export interface DoubtReach {
  readonly count: number
  /** A rejected row may have spoken of anything. */
  readonly isAnything: boolean
  /** A rejected row may have spoken of any client. */
  readonly isAnyClient: boolean
}

/** Puts rows that could not be used into `load_doubts`, where statements can ask for them. */
export async function loadDoubts(trx: Trx, doubts: readonly Doubt[]): Promise<DoubtReach> {
  await trx.raw(
    `create temp table load_doubts (case_number text collate "C", client_reference text collate "C") on commit drop`,
  )
  if (doubts.length > 0) {
    await trx.raw(
      `insert into load_doubts
       select d."caseNumber", d."clientReference"
         from jsonb_to_recordset(?::jsonb) as d ("caseNumber" text, "clientReference" text)`,
      [JSON.stringify(doubts)],
    )
    await trx.raw('analyze load_doubts')
  }
  const isAnyClient = doubts.some(({ clientReference }) => clientReference === null)
  const isAnything = doubts.some(
    ({ caseNumber, clientReference }) => caseNumber === null && clientReference === null,
  )
  return { count: doubts.length, isAnything, isAnyClient }
}

const ofCases = `
  update load_vanished v
     set is_doubtful = true
    from cases k
    join (select distinct case_number from load_doubts) d using (case_number)
   where k.agency_id = ${thisAgency} and k.case_id = v.case_id`

/** Where a row or an event has no case, the client says what it was about. */
const ofClients = `
  update load_vanished v
     set is_doubtful = true
    from load_doubts d
    join clients c      on c.agency_id = ${thisAgency} and c.client_reference = d.client_reference
    join participants p on p.agency_id = ${thisAgency} and p.client_id = c.client_id
   where p.event_id = v.event_id and (d.case_number is null or v.case_id is null)`

/** Marks the events in `load_vanished` of which a rejected row may have spoken. Needs `load_doubts`. */
export async function markDoubtful(
  trx: Trx,
  { agencyId }: Origin,
  { count, isAnything }: DoubtReach,
): Promise<void> {
  if (isAnything) await trx.raw('update load_vanished set is_doubtful = true')
  if (isAnything || count === 0) return
  await trx.raw(ofCases, { agencyId })
  await trx.raw(ofClients, { agencyId })
}
