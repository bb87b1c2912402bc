import { randomBytes } from 'node:crypto'
import { existsSync } from 'node:fs'
import { link, open, readFile, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { UnavailableError } from '../../errors/index.ts'
import { pgCode } from '../pg-codes.ts'
import type { Place } from './place.ts'

/**
 * The superuser's password, made once at random. Written whole before it gets its name, so that of two processes at
 * once both use the same.
 */
export async function readPassword({ control, data }: Place): Promise<string> {
  const path = join(control, 'password')
  if (!existsSync(path)) {
    if (existsSync(data)) {
      throw new UnavailableError(
        'POSTGRES_START',
        `${path} is missing, so nobody can sign in to the embedded database.`,
        {
          hint: 'Bring the file back from a backup of the home folder.',
        },
      )
    }
    const fresh = `${path}.${randomBytes(4).toString('hex')}`
    const file = await open(fresh, 'wx', 0o600)
    await file.writeFile(randomBytes(24).toString('base64url'))
    await file.sync()
    await file.close()
    try {
      await link(fresh, path)
    } catch (error) {
      if (pgCode(error) !== 'EEXIST') throw error
    } finally {
      await rm(fresh, { force: true })
    }
  }
  return (await readFile(path, 'utf8')).trim()
}
