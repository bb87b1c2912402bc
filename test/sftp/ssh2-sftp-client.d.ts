declare module 'ssh2-sftp-client' {
  import type { ConnectConfig } from 'ssh2'

  /** What the tests use of the package, which brings no types. */
  class SftpClient {
    connect(config: ConnectConfig): Promise<unknown>
    cwd(): Promise<string>
    put(content: Buffer, path: string): Promise<string>
    fastPut(local: string, path: string): Promise<string>
    append(content: Buffer, path: string): Promise<string>
    get(path: string): Promise<unknown>
    stat(path: string): Promise<{ size: number; isFile: boolean }>
    exists(path: string): Promise<false | string>
    rename(from: string, to: string): Promise<string>
    posixRename(from: string, to: string): Promise<string>
    mkdir(path: string, isRecursive: boolean): Promise<string>
    rmdir(path: string, isRecursive: boolean): Promise<string>
    list(path: string): Promise<{ name: string }[]>
    chmod(path: string, mode: number): Promise<string>
    delete(path: string): Promise<string>
    end(): Promise<boolean>
  }

  export = SftpClient
}
