/** Whose records a merge writes, and on behalf of which upload: the named bindings of its statements. */
export interface Origin {
  readonly agencyId: number
  readonly uploadId: string
}
