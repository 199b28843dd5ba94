// The rules of the house that a machine can check: direction of imports, cycles, file length, who reads
// the environment, the clock and randomness.
import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, normalize, relative } from 'node:path';
import { expect } from 'chai';
import { projectPath } from '../src/lib/paths.js';

const SRC = projectPath('src');
const GENERATED = join('store', 'postgres', 'generated');

/** Lower floors first; a file may import from its own floor's folder and from the floors below. */
const FLOORS = [
  ['lib'],
  ['config'],
  ['telemetry'],
  ['store'],
  ['audit', 'janitor'],
  ['clients', 'users', 'keys', 'grants'],
  ['login'],
  ['provider'],
  ['http'],
  ['app'],
  ['start'],
  ['cli', 'main'],
];

/** What may be imported only in the folders named. */
const QUARANTINE: Record<string, string[]> = {
  'oidc-provider': ['provider', 'http/pages/provider-pages.ts'],
  koa: ['http', 'provider', 'app.ts'],
  '@koa/router': ['http'],
  'koa-body': ['http'],
  pg: ['store'],
  '@prisma/adapter-pg': ['store'],
  '@prisma/driver-adapter-utils': ['store'],
  '@electric-sql/pglite': ['store'],
  ioredis: ['store'],
  ejs: ['http'],
  'prom-client': ['telemetry'],
  bcryptjs: ['lib'],
  piscina: ['lib'],
};

interface SourceFile {
  path: string;
  text: string;
  local: string[];
  packages: string[];
}

function read(path: string): SourceFile {
  const text = readFileSync(join(SRC, path), 'utf8');
  const specifiers = [...text.matchAll(/(?:from|import\()\s*'([^']+)'/g)].map((match) => match[1] ?? '');
  return {
    path,
    text,
    local: specifiers
      .filter((specifier) => specifier.startsWith('.'))
      .map((specifier) => normalize(join(dirname(path), specifier.replace(/\.js$/, '.ts')))),
    packages: specifiers.filter((specifier) => !specifier.startsWith('.') && !specifier.startsWith('node:')),
  };
}

const files = readdirSync(SRC, { recursive: true, encoding: 'utf8' })
  .filter((path) => path.endsWith('.ts') && !path.startsWith(GENERATED))
  .map(read);

const roomOf = (path: string) => path.split('/')[0]?.replace(/\.ts$/, '') ?? '';
const floorOf = (path: string) => FLOORS.findIndex((rooms) => rooms.includes(roomOf(path)));

describe('architecture', () => {
  it('has a floor for every folder', () => {
    expect(files.filter(({ path }) => floorOf(path) === -1).map(({ path }) => path)).to.deep.equal([]);
  });

  it('imports point one way, and sibling services do not import one another', () => {
    const wrong = files.flatMap(({ path, local }) =>
      local
        .filter((target) => {
          const isSameRoom = roomOf(path) === roomOf(target);
          return !isSameRoom && floorOf(target) >= floorOf(path);
        })
        .map((target) => `${path} → ${target}`),
    );
    expect(wrong).to.deep.equal([]);
  });

  it('has no import cycle', () => {
    const byPath = new Map(files.map((file) => [file.path, file]));
    const done = new Set<string>();
    const cycles: string[] = [];
    const visit = (path: string, trail: string[]) => {
      const at = trail.indexOf(path);
      if (at !== -1) cycles.push([...trail.slice(at), path].join(' → '));
      if (at !== -1 || done.has(path)) return;
      for (const next of byPath.get(path)?.local ?? []) visit(next, [...trail, path]);
      done.add(path);
    };
    for (const { path } of files) visit(path, []);
    expect(cycles).to.deep.equal([]);
  });

  it('keeps libraries in their quarters', () => {
    const wrong = files.flatMap(({ path, packages }) =>
      packages
        .filter((name) => QUARANTINE[name]?.every((place) => !path.startsWith(place)))
        .map((name) => `${path} imports ${name}`),
    );
    expect(wrong).to.deep.equal([]);
  });

  it('keeps files at 250 lines or less', () => {
    const long = files.filter(({ text }) => text.split('\n').length > 251).map(({ path }) => path);
    expect(long).to.deep.equal([]);
  });

  it('reads the environment, the clock and randomness in one place each', () => {
    const rules: [RegExp, string[]][] = [
      [/process\.env\b/, ['config/environment.ts']],
      [/\bDate\.now\(|new Date\(\)/, ['lib/clock.ts']],
      [/\brandom(Bytes|UUID|Int)\(|Math\.random\(/, ['lib/ids.ts', 'lib/sealed.ts']],
    ];
    const code = (text: string) => text.replace(/\/\/.*|\/\*[\s\S]*?\*\//g, '');
    const wrong = rules.flatMap(([pattern, allowed]) =>
      files
        .filter(({ path, text }) => pattern.test(code(text)) && !allowed.includes(path))
        .map(({ path }) => `${path}: ${pattern}`),
    );
    expect(wrong).to.deep.equal([]);
  });

  it('lets what resource servers take along stand by itself', () => {
    const folder = projectPath('sdk', 'verifier');
    const sources = readdirSync(folder).filter((name) => name.endsWith('.ts'));
    const imported = sources.flatMap((name) =>
      [...readFileSync(join(folder, name), 'utf8').matchAll(/from '([^']+)'/g)].map(
        (match) => match[1] ?? '',
      ),
    );
    expect(sources).to.include('index.ts');
    expect(imported.filter((name) => !/^\.\/[\w-]+\.js$/.test(name) && name !== 'jose')).to.deep.equal([]);
  });

  it('opens every file with what it owns', () => {
    const silent = files
      .filter(
        ({ path, text }) => !text.replace(/^#!.*\n/, '').startsWith('// ') && !path.endsWith('-worker.ts'),
      )
      .map(({ path }) => relative('.', path));
    expect(silent).to.deep.equal([]);
  });
});
