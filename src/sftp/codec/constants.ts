/** The version of the protocol that is spoken: draft-ietf-secsh-filexfer-02. */
export const protocolVersion = 3

/** Packet types of SFTP version 3 (draft-ietf-secsh-filexfer-02 §3). */
export const packetTypes = {
  init: 1,
  version: 2,
  open: 3,
  close: 4,
  read: 5,
  write: 6,
  lstat: 7,
  fstat: 8,
  setstat: 9,
  fsetstat: 10,
  opendir: 11,
  readdir: 12,
  remove: 13,
  mkdir: 14,
  rmdir: 15,
  realpath: 16,
  stat: 17,
  rename: 18,
  readlink: 19,
  symlink: 20,
  status: 101,
  handle: 102,
  data: 103,
  name: 104,
  attributes: 105,
  extended: 200,
  extendedReply: 201,
} as const

/** Status codes of SFTP version 3 (draft-ietf-secsh-filexfer-02 §7); newer ones are unknown to version 3 clients. */
export const statusCodes = {
  ok: 0,
  endOfFile: 1,
  noSuchFile: 2,
  permissionDenied: 3,
  failure: 4,
  badMessage: 5,
  unsupported: 8,
} as const

export type StatusCode = (typeof statusCodes)[keyof typeof statusCodes]

/** Bits of `pflags` in OPEN (draft-ietf-secsh-filexfer-02 §6.3). */
export const openFlags = {
  read: 0x01,
  write: 0x02,
  append: 0x04,
  create: 0x08,
  truncate: 0x10,
  exclusive: 0x20,
} as const

/** Bits that say which attributes follow (draft-ietf-secsh-filexfer-02 §5). */
export const attributeFlags = {
  size: 0x01,
  owner: 0x02,
  permissions: 0x04,
  times: 0x08,
  extended: 0x80000000,
} as const

/** What VERSION announces: pairs of name and version, as OpenSSH's PROTOCOL file §4 and draft-ietf-secsh-filexfer-extensions-00 define them. */
export const extensions = [
  ['posix-rename@openssh.com', '1'],
  ['statvfs@openssh.com', '2'],
  ['fstatvfs@openssh.com', '2'],
  ['fsync@openssh.com', '1'],
  ['limits@openssh.com', '1'],
  ['lsetstat@openssh.com', '1'],
  ['expand-path@openssh.com', '1'],
  ['home-directory', '1'],
] as const
