/**
 * db/embedded — supervisor of the PostgreSQL that comes with the package.
 *
 * In:  the home folder. Out: a URL of a running server, shared by all docketdrop processes of that home.
 * Promise: the cluster is never started twice, never left half made, never readable by others; orphans are adopted;
 * a server that dies is started again; the last process to leave stops it.
 */
export { assertHomeOwner, preparePlainHome } from './home.ts'
export { readMachine } from './machine.ts'
export type { Machine, SystemUser } from './machine.ts'
export { openEmbedded } from './open-embedded.ts'
export type { EmbeddedOptions, EmbeddedServer } from './open-embedded.ts'
