import { stopSharedServe } from '../e2e/clients/support/shared-serve.ts'
import { stopTestServer } from './database.ts'

/** Ends what the test run started for all files. */
export const mochaHooks = {
  async afterAll(): Promise<void> {
    await stopSharedServe()
    await stopTestServer()
  },
}
