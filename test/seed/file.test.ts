import { expect } from 'chai';
import { parseSeedFile, readSeedFile } from '../../src/cli/seed/file.js';
import { projectPath } from '../../src/lib/paths.js';
import { fileWith, problemsOf, removeFiles } from './support.js';

const parse = (text: string, env: NodeJS.ProcessEnv = {}) => parseSeedFile(text, 'f.yaml', env);
const problems = (text: string, env: NodeJS.ProcessEnv = {}) => problemsOf(() => parse(text, env));

const CLIENT = 'client_id: a\n    client_name: A\n    redirect_uris: [https://a.example/cb]';

describe('seed file', () => {
  after(removeFiles);

  it('reads the example', async () => {
    const file = await readSeedFile(projectPath('examples', 'seed', 'demo.yaml'), {});
    expect(file.clients.map(({ input }) => input.client_id)).to.deep.equal([
      'example-web-app',
      'example-spa',
      'example-native-app',
    ]);
    expect(file.users.map(({ input }) => input.phone)).to.deep.equal(['+8613800138000']);
  });

  it('reads JSON', () => {
    const file = parse(
      JSON.stringify(
        { clients: [{ client_id: 'a', client_name: 'é\u2028😀', redirect_uris: ['https://a.example/cb'] }] },
        undefined,
        '\t',
      ),
    );
    expect(file.clients[0]?.input.client_name).to.equal('é\u2028😀');
  });

  it('tells every problem at once, with line and field', async () => {
    const text = `clients:
  - client_id: "no spaces"
    redirect_uris:
      - https://a.example/cb
      - ftp://a.example/
    colour: red
    application_type: desktop
  - ${CLIENT}
    token_endpoint_auth_method: none
    client_secret: 0123456789-0123456789-0123456789
users:
  - id: 12345678
    name: N
    is_verified: "yes"
    password: short
  - id: abcdefgh
    email: nobody
    phone: "123"
extra: 1
`;
    expect(await problems(text)).to.deep.equal([
      'f.yaml:2: clients[0].client_id: must be 1 to 64 of A-Z a-z 0-9 . _ ~ -',
      'f.yaml:2: clients[0].client_name: is required',
      'f.yaml:5: clients[0].redirect_uris[1]: a web client needs https',
      'f.yaml:6: clients[0].colour: is not a known member',
      'f.yaml:7: clients[0].application_type: must be web or native',
      'f.yaml:12: clients[1].client_secret: a public client has no secret',
      'f.yaml:14: users[0].id: must be text: put it in quotes',
      'f.yaml:16: users[0].is_verified: must be true or false',
      'f.yaml:17: users[0].password: must have 8 to 72 bytes',
      'f.yaml:18: users[1].name: is required',
      'f.yaml:19: users[1].email: must be an e-mail address',
      'f.yaml:20: users[1].phone: must be an E.164 number such as +8613800138000, in quotes',
      'f.yaml:21: extra: is not known; only clients and users are',
    ]);
  });

  it('refuses what two entries of a file may not share', async () => {
    const text = `clients:
  - ${CLIENT}
  - ${CLIENT}
users:
  - {id: aaaaaaaa, name: A, email: A@x.example, phone: "+441234567890"}
  - {id: bbbbbbbb, name: B, email: a@x.example, phone: "+441234567890"}
  - {id: aaaaaaaa, name: C}
`;
    expect(await problems(text)).to.deep.equal([
      'f.yaml:5: clients[1].client_id: is the same as clients[0].client_id (line 2)',
      'f.yaml:10: users[1].email: is the same as users[0].email (line 9)',
      'f.yaml:10: users[1].phone: is the same as users[0].phone (line 9)',
      'f.yaml:11: users[2].id: is the same as users[0].id (line 9)',
    ]);
  });

  it('takes secrets and passwords from the environment', async () => {
    const text = `clients:
  - ${CLIENT}
    client_secret: $APP_SECRET
users:
  - {id: aaaaaaaa, name: A, password: $$literal}
`;
    const secret = 's'.repeat(40);
    const { clients, users } = parse(text, { APP_SECRET: secret });
    expect(clients[0]?.input.client_secret).to.equal(secret);
    expect(users[0]?.input.password).to.equal('$literal');
    const unset = 'f.yaml:5: clients[0].client_secret: the environment variable APP_SECRET is not set';
    expect(await problems(text)).to.deep.equal([unset]);
    expect(await problems(text, { APP_SECRET: '' })).to.deep.equal([unset]);
  });

  it('never repeats a secret in a problem', async () => {
    const lines = await problems(
      `clients:\n  - ${CLIENT}\n    client_secret: hunter2\n` +
        'users:\n  - {id: 1, name: A, password: $hun-ter2}',
    );
    expect(lines).to.have.length(3);
    expect(lines.join()).to.not.match(/hun-?ter2/);
    expect(lines.join()).to.include('users[0].password: begins with $').and.include('write $$ for a $');
  });

  const broken: [string, string, RegExp][] = [
    ['an empty file', '', /^f\.yaml:1: must hold a list "clients"/],
    ['a list at the top', '- a', /^f\.yaml:1: must hold/],
    ['a list that is none', 'a: 1\nclients: x', /f\.yaml:2: clients: must be a list/],
    ['an entry that is none', 'users:\n\n  - x', /^f\.yaml:3: users\[0\]: must hold members/],
    ['bad syntax', 'clients:\n  - a: "b', /^f\.yaml:2: Missing closing/],
    ['a duplicate member', 'clients: []\nclients: []', /^f\.yaml:2: clients: is given twice$/],
    ['two documents', 'clients: []\n---\nusers: []', /^f\.yaml:2: /],
    ['an unknown tag', 'clients: !!js/function x', /^f\.yaml:1: Unresolved tag/],
    ['a name that steers the terminal', '"a\\e[2J": 1', /^f\.yaml:1: \["a\\u001b\[2J"\]: is not known/],
    ['__proto__', '__proto__: {clients: []}', /__proto__: is not known/],
    ['lone surrogates', `users: [{id: aaaaaaaa, name: "\\ud800"}]`, /users\[0\]\.name: holds characters/],
    ['an escaped NUL', `users: [{id: aaaaaaaa, name: "a\\0"}]`, /users\[0\]\.name: holds characters/],
    ['deep nesting', '['.repeat(100_000), /^f\.yaml:1: is nested too deeply$/],
    ['an alias of itself', 'clients: &a [*a]', /is nested too deeply/],
    ['an unknown alias', 'clients: *a', /unknown anchor/],
    [
      'aliases that multiply',
      `a: &a [${'x,'.repeat(50)}]\nb: &b [${'*a,'.repeat(50)}]\nclients: [${'*b,'.repeat(50)}]`,
      /too (many aliases|much)/,
    ],
  ];
  for (const [what, text, expected] of broken) {
    it(`refuses ${what}`, async () => {
      const lines = await problems(text);
      expect(lines.join('\n')).to.match(expected);
    });
  }

  it('answers soon, whatever the file holds', async () => {
    const members = Array.from({ length: 60_000 }, (_, index) => `k${index}: 1`).join('\n');
    const start = performance.now();
    expect(await problems(members)).to.have.length(60_000);
    expect(performance.now() - start).to.be.below(20_000);
  });

  it('follows aliases, and says where they are used', async () => {
    const text = `clients:
  - client_id: a
    client_name: A
    redirect_uris: &uris [https://a.example/cb]
  - {client_id: b, client_name: B, redirect_uris: *uris}
users:
  - *uris
`;
    expect(await problems(text)).to.deep.equal([
      'f.yaml:7: users[0]: must hold members, such as name: value',
    ]);
    expect(parse(text.slice(0, text.indexOf('users'))).clients).to.have.length(2);
  });

  it('refuses files that are missing, too large or no text', async () => {
    const read = async (path: string) => (await problemsOf(() => readSeedFile(path, {}))).join();
    expect(await read('/nowhere/f.yaml')).to.equal('/nowhere/f.yaml:1: there is no such file');
    expect(await read('/tmp')).to.include('is not a file');
    expect(await read(await fileWith('#'.repeat(1024 * 1024 + 1)))).to.include('larger than 1 MB');
    expect(await read(await fileWith(Buffer.from([0x61, 0xff])))).to.include('not UTF-8');
    expect(await read(await fileWith('a: 1\nb: \0'))).to.include(':2: holds a NUL');
  });
});
