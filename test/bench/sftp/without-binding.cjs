// @ts-nocheck The loader's inner parts have no types.
'use strict'
// Loaded before the server: its SSH library must do without its compiled part, as on a machine without a compiler.
const { Module } = require('node:module')

const load = Module._extensions['.node']
Module._extensions['.node'] = (module, path) => {
  if (path.endsWith('sshcrypto.node')) throw new Error('left out by the bench')
  load(module, path)
}
