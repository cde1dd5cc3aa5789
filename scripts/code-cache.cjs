// Runs a program that was built and writes what V8 compiled of it meanwhile: node code-cache.cjs PROGRAM CACHE ARGUMENT...
'use strict';
const { readFileSync, writeFileSync } = require('node:fs');
const { Script } = require('node:vm');

const [, , program, cache, ...args] = process.argv;
const script = new Script(readFileSync(program, 'latin1'), { filename: program });
// What root may not run is compiled all the same.
process.getuid = () => 1;
process.argv = [process.execPath, program, ...args];
process.on('exit', () => writeFileSync(cache, script.createCachedData()));
script.runInThisContext()(require, program);
