#!/usr/bin/env node
import { fileURLToPath } from 'node:url';
import { launch } from './launcher.mjs';

launch(fileURLToPath(new URL('../src/cli/sallyport.ts', import.meta.url)), process.argv.slice(2), { watched: true });
