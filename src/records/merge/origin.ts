/** Whose records a merge writes, and on behalf of which upload: the named bindings of its statements. */
// A type and not an interface: knex takes only the former as bindings.
export type Origin = Readonly<{ agencyId: number; uploadId: string }>

/**
 * SQL for the agency's id where a table is joined with rows of a file. Of an agency that is newer than the statistics the
 * planner expects one row, and would compare every record with every row of the file; written so, it expects as many as
 * of any agency, and goes by the index.
 */
export const thisAgency = '(select :agencyId::integer)'
