/**
 * The status text of an event that was cancelled by the silence of a file and not by its words; a file that has the event
 * again lets it stand again, whether or not it tells a status.
 */
export const notInLastFile = 'not in the last file'

/**
 * SQL that is true for an event that stands and is still to come at `:now`; a day without a time is to come until it is
 * over in its zone. Column names only, never values.
 */
export function isUpcoming(status: string, startsAt: string, date: string, zone: string): string {
  return `(${status} in ('scheduled', 'unknown')
           and coalesce(${startsAt} > :now, ${date} >= (:now at time zone ${zone})::date))`
}
