// The description of the Admin API.
import { Validator } from '@seriousme/openapi-schema-validator';
import { expect } from 'chai';
import { ADMIN_SCOPES } from '../../src/clients/resource-servers.js';
import { type AdminApp, startAdminApp } from '../support/admin/app.js';
import { createChecker, type Described } from '../support/admin/checker.js';

describe('admin API: description', () => {
  let app: AdminApp;
  let document: Described & Record<string, unknown>;

  before(async () => {
    app = await startAdminApp();
    document = (await (await fetch(`${app.base}/openapi.json`)).json()) as typeof document;
  });
  after(() => app.close());

  it('is OpenAPI 3.1, by its meta-schema', async () => {
    const { valid, errors } = await new Validator().validate(structuredClone(document));
    expect(errors).to.equal(undefined);
    expect(valid).to.equal(true);
    expect(document.openapi).to.match(/^3\.1\./);
  });

  it('is had without a token, at an address of this issuer', () => {
    expect(document.servers).to.deep.equal([{ url: app.base }]);
  });

  const operations = () =>
    Object.entries(document.paths).flatMap(([path, methods]) =>
      Object.entries(methods).map(([method, operation]) => ({ path, method, operation })),
    );

  it('names each operation once, says what it is, and which scope it needs', () => {
    const ids = operations().map(({ operation }) => operation.operationId);
    expect(new Set(ids).size).to.equal(ids.length);
    for (const { path, method, operation } of operations()) {
      const { summary, security } = operation as unknown as {
        summary: string;
        security: Record<string, string[]>[];
      };
      expect(summary, `${method} ${path}`).to.be.a('string').and.not.equal('');
      if (operation.operationId === 'describeApi') continue;
      const [scope] = Object.values(security[0] ?? {})[0] ?? [];
      expect(ADMIN_SCOPES, `${method} ${path}`).to.include(scope);
      expect(scope?.endsWith(method === 'get' ? ':read' : ':write'), `${method} ${path}`).to.equal(true);
    }
  });

  it('describes the errors of each operation as problems', () => {
    for (const { operation, path } of operations()) {
      const codes = Object.keys(operation.responses);
      expect(codes, path).to.include.members(['400', '500', '503']);
      if (operation.operationId !== 'describeApi') expect(codes, path).to.include.members(['401', '403']);
    }
    for (const [name, response] of Object.entries(document.components.responses)) {
      expect(Object.keys(response.content as object), name).to.deep.equal(['application/problem+json']);
    }
  });

  it('gives examples that its own schemas accept', () => {
    const check = createChecker(document);
    let count = 0;
    for (const { path, method, operation } of operations()) {
      for (const [status, response] of Object.entries(operation.responses)) {
        const { content } = response as { content?: Record<string, { example?: unknown }> };
        const media = content?.['application/json'];
        if (!media || operation.operationId === 'describeApi') continue;
        expect(media.example, `${method} ${path} ${status}`).to.not.equal(undefined);
        const text = JSON.stringify(media.example);
        check({
          method,
          path: path.replace(/\{\w+\}/g, 'x'),
          status: Number(status),
          contentType: 'application/json',
          text,
        });
        count += 1;
      }
    }
    expect(count).to.be.greaterThan(2);
  });
});
