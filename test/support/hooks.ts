import { stopTestServer } from './database.ts'

/** Ends what the test run started for all files. */
export const mochaHooks = {
  async afterAll(): Promise<void> {
    await stopTestServer()
  },
}
