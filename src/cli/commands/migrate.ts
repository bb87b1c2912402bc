import type { Command } from 'commander'
import { listMigrations, migrateDown, migrateUp, openDatabase } from '../../db/index.ts'
import type { Db } from '../../db/index.ts'
import type { CliContext } from '../context.ts'
import { toTable } from '../output.ts'

async function withDatabase<Result>(
  context: CliContext,
  mayCreate: boolean,
  work: (db: Db) => Promise<Result>,
): Promise<Result> {
  const { config } = context.loadConfig()
  const database = await openDatabase({
    config,
    log: context.createLogger(config, 'warn'),
    mayCreate,
  })
  try {
    return await work(database.db)
  } finally {
    await database.close()
  }
}

/** `docketdrop migrate status|up|down` */
export function registerMigrate(program: Command, context: CliContext): void {
  const { output } = context
  const migrate = program
    .command('migrate')
    .description('bring the database schema to this version')
  migrate
    .command('status')
    .description('what is applied and what is not')
    .action(async () => {
      const state = await withDatabase(context, false, listMigrations)
      const rows = [
        ...state.applied.map((name) => [name, 'applied']),
        ...state.pending.map((name) => [name, 'pending']),
      ]
      output.data(state, () => toTable(['Migration', 'State'], rows))
    })
  migrate
    .command('up')
    .description('apply what is pending; makes the home when there is none')
    .action(async () => {
      const names = await withDatabase(context, true, migrateUp)
      output.data({ applied: names }, () =>
        names.length === 0
          ? 'Nothing to do: the schema is up to date.'
          : `Applied ${names.length} migration(s).`,
      )
    })
  migrate
    .command('down')
    .description('take back the newest migration, with its data')
    .option('--all', 'take back all of them')
    .action(async ({ all }: { all?: boolean }) => {
      const names = await withDatabase(context, false, (db) => migrateDown(db, all === true))
      output.data({ reverted: names }, () => `Took back ${names.length} migration(s).`)
    })
}
