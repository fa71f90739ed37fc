import { describe, expect, it } from 'vitest';
import { propose } from './propose.ts';

describe('a proposed effect', () => {
  it.each([
    ['read_file', null, 'read', 'by its name'],
    ['listIssues', null, 'read', 'by its name'],
    ['create-entities', null, 'write', 'by its name'],
    ['move_file', null, 'destructive', 'by its name'],
    ['execute_sql', 'read', 'destructive', 'the graver'],
    ['delete_all', 'read', 'destructive', 'the graver'],
    ['get_and_delete', 'read', 'destructive', 'the graver'],
    ['read_file', 'destructive', 'destructive', 'the graver'],
    ['write_file', 'read', 'write', 'the graver'],
    ['read_file', 'read', 'read', 'so does its name'],
    ['frobnicate', 'read', 'read', 'its server says so'],
    ['frobnicate', null, 'destructive', 'neither'],
    ['', null, 'destructive', 'neither'],
    ['README', null, 'destructive', 'neither'],
  ] as const)('of %s, whose server says %s, is %s: %s', (name, proposedEffect, effect, why) => {
    const proposal = propose({ name, proposedEffect });
    expect(proposal.effect).toBe(effect);
    expect(proposal.why).toContain(why);
  });
});
