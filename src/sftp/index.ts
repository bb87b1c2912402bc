/**
 * sftp — the SFTP server: ssh2 carries the SSH connection, our own codec speaks SFTP version 3.
 *
 * In:  connections. Out: files and names handed to the inbox. Promise: nobody sees more than their agency's four folders;
 * no sender is broken by us; memory stays flat whatever a client does.
 */
export { createSftpServer } from './server.ts'
export type { SftpServerParts } from './server.ts'
export { loadHostKeys } from './host-keys.ts'
export type { HostKey, SftpServer } from './types.ts'
