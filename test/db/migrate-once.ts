/** Migrates the database given as argument, for tests that let two processes do so at once. */
import { connect, migrateUp } from '../../src/db/index.ts'

const db = connect({ url: process.argv[2] ?? '', poolMax: 2, applicationName: 'test migrate' })
const names = await migrateUp(db)
await db.destroy()
process.stdout.write(JSON.stringify(names))
