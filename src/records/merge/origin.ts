/** Whose records a merge writes, and on behalf of which upload: the named bindings of its statements. */
// A type and not an interface: knex takes only the former as bindings.
export type Origin = Readonly<{ agencyId: number; uploadId: string }>
