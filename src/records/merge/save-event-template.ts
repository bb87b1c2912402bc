import type { Trx } from '../../db/index.ts'

/**
 * Notes whether a template tells roles, for messaging: where it does, a participant without one is not addressed;
 * where it does not, everybody is. The rows alone cannot tell a blank cell from a column that is not there.
 */
export async function saveEventTemplate(
  trx: Trx,
  agencyId: number,
  template: string,
  tellsRoles: boolean,
): Promise<void> {
  await trx.raw(
    `insert into event_templates as t (agency_id, template, tells_roles)
     values (:agencyId, :template, :tellsRoles)
     on conflict (agency_id, template) do update
           set tells_roles = excluded.tells_roles
         where t.tells_roles <> excluded.tells_roles`,
    { agencyId, template, tellsRoles },
  )
}
