/** Every state of an upload, in the order in which a file passes through them (design/interface.md §7). */
export const uploadStates = [
  'receiving',
  'partial',
  'received',
  'held',
  'queued',
  'importing',
  'imported',
  'imported-with-rejects',
  'refused',
  'duplicate',
  'superseded',
  'withdrawn',
  'undone',
] as const
