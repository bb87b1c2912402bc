/**
 * sftp — the SFTP server: ssh2 carries the SSH connection, our own codec speaks SFTP version 3.
 *
 * In:  connections. Out: files and names handed to the inbox. Promise: nobody sees more than their agency's four folders;
 * no sender is broken by us; memory stays flat whatever a client does.
 */
export { createSftpServer } from './server.ts'
export type { SftpServerParts } from './server.ts'
export { assertSftpSettings } from './assert-settings.ts'
export { clearBans, listKnownSources } from './bans.ts'
export type { KnownSource } from './bans.ts'
export { generateKey } from './generate-key.ts'
export type { KeyPair } from './generate-key.ts'
export { loadHostKeys, readHostKeys, rotateHostKeys } from './host-keys.ts'
export type { HostKeySettings } from './host-keys.ts'
export type { HostKeyState } from './host-key-files.ts'
export { hasNativeCrypto } from './native-crypto.ts'
export { parseListeners } from './parse-listeners.ts'
export type { HostKey, SftpFigures, SftpServer } from './types.ts'
export { defaultMaintenanceText, endMaintenance, startMaintenance } from './maintenance.ts'
export { readMaintenance } from './maintenance-store.ts'
export type { Maintenance } from './maintenance-store.ts'
