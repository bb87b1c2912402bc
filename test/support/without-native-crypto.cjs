'use strict'

/**
 * Makes ssh2 run without its compiled part, as on a machine without a compiler: `node --require test/support/without-native-crypto.cjs …`,
 * for tests `NODE_OPTIONS="--require $PWD/test/support/without-native-crypto.cjs" npx mocha test/sftp`.
 */
const modules = /** @type {{ _load(request: string, ...rest: unknown[]): unknown }} */ (
  /** @type {unknown} */ (require('node:module'))
)

const load = modules._load
/** @type {typeof load} */
modules._load = (request, ...rest) => {
  if (request.endsWith('sshcrypto.node')) throw new Error(`Cannot find module '${request}'`)
  return load.call(modules, request, ...rest)
}
