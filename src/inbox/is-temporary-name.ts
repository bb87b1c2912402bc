const endings =
  /\.(filepart|part|partial|tmp|temp|writing|uploading|upload|incomplete|inprogress)$|~$/i

/**
 * Does the name say that its sender has not finished? Such files wait until they are renamed.
 *
 * The names that clients use while they send: WinSCP `.filepart`, rclone `.partial`, Spring `.writing`, lftp `.in.*`,
 * MOVEit `CTMP????`, rsync and editors a leading dot or a trailing `~`.
 */
export function isTemporaryName(name: string): boolean {
  return name.startsWith('.') || /^CTMP.{4}(?:\.|$)/.test(name) || endings.test(name)
}
