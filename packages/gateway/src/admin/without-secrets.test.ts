import { describe, expect, it } from 'vitest';
import { withoutSecrets } from './without-secrets.ts';

describe('what a record keeps of a request', () => {
  it.each([
    [{ env: { TOKEN: 'x' } }, { env: { TOKEN: '[secret]' } }],
    [{ transport: { headers: { Authorization: 'Bearer x' } } }, { transport: { headers: { Authorization: '[secret]' } } }],
    [{ secret: 'sp_x' }, { secret: '[secret]' }],
    [{ url: 'https://u:p@host/path?token=x' }, { url: 'https://host/path?[secret]' }],
    [{ url: 'not a url' }, { url: '[secret]' }],
    [[{ Password: 'x' }], [{ Password: '[secret]' }]],
    [
      { name: 'ann', env: ['PATH'] },
      { name: 'ann', env: ['PATH'] },
    ],
    [null, null],
  ])('%j becomes %j', (given, kept) => {
    expect(withoutSecrets(given)).toEqual(kept);
  });
});
