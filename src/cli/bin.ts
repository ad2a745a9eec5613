#!/usr/bin/env node
import '../node-version.ts';

// Only now: the rest may use whatever the oldest supported Node has.
void import('./main.ts').then(({ main }) => main(process.argv));
