#!/usr/bin/env node
// node tools/node.mjs SCRIPT ARGS...: runs a script, TypeScript or not, under a Node that fits.
import { launch } from '../packages/gateway/bin/launcher.mjs';

const [script, ...args] = process.argv.slice(2);
if (script === undefined) {
  process.stderr.write('usage: node tools/node.mjs SCRIPT ARGS...\n');
  process.exitCode = 2;
} else {
  launch(script, args);
}
