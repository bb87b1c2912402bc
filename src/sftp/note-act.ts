import type { NewAuditEntry } from '../audit/index.ts'
import type { Place } from './jail.ts'
import type { Visitor } from './visitor.ts'

/** A place as the client names it: `/inbox/a.csv`. */
export function toClientPath(place: Place): string {
  return place.kind === 'virtual' ? '/' : `/${[place.area, ...place.segments].join('/')}`
}

/** Takes note of what a client did to a file or folder, named by its path as the client sees it. */
export function noteAct(
  { note, sender }: Visitor,
  action: string,
  path: string,
  detail: NewAuditEntry['detail'] = {},
): void {
  note({
    agencyId: sender.agency.agencyId,
    actor: sender.account,
    action,
    subject: path,
    detail: { ...detail, sessionId: sender.sessionId },
  })
}
