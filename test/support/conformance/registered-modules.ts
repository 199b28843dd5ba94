// The modules that need dynamic registration (D in the notes), for the basic plan and the dynamic one.
import { expect } from 'chai';
import { decodeProtectedHeader } from 'jose';
import { REDIRECT_URI } from '../app.js';
import { authorizeWithError, flow, random } from './bench.js';
import type { ResponseType } from './front-channel.js';
import type { Run } from './plan.js';
import { type RegisteredModules, type RegisteringBench, skipModule } from './registered.js';

const unsigned = (payload: object) =>
  `${[{ alg: 'none' }, payload].map((part) => Buffer.from(JSON.stringify(part)).toString('base64url')).join('.')}.`;

export async function expectNoRequestUri(bench: RegisteringBench): Promise<void> {
  expect(bench.metadata.request_uri_parameter_supported).to.equal(false);
  const request_uri = `https://rp.example/request/${random()}#${unsigned({}).length}`;
  await authorizeWithError(bench, ['request_uri_not_supported'], { params: { request_uri } });
}

export const registeredModules: RegisteredModules = {
  async 'oidcc-idtoken-signature'(bench) {
    const { tokens } = await flow(bench);
    const header = decodeProtectedHeader(String(tokens.id_token));
    expect(header.alg).to.equal('RS256');
    expect(header.kid).to.be.a('string');
  },

  async 'oidcc-idtoken-unsigned'(bench) {
    expect(bench.metadata.id_token_signing_alg_values_supported).not.to.include('none');
    const redirect_uris = [REDIRECT_URI];
    const { status, body } = await bench.send({ redirect_uris, id_token_signed_response_alg: 'none' });
    expect([status, body.error]).to.deep.equal([400, 'invalid_client_metadata']);
    skipModule(this, 'unsigned ID tokens are not offered, and no client can register for them');
  },

  async 'oidcc-request-uri-unsigned-supported-correctly-or-rejected-as-unsupported'(bench) {
    await expectNoRequestUri(bench);
    skipModule(
      this,
      'requests by reference to addresses of clients are not offered: request_uri_not_supported',
    );
  },
};

const OF_ALL_PLANS = [
  'oidcc-idtoken-signature',
  'oidcc-request-uri-unsigned-supported-correctly-or-rejected-as-unsupported',
];

/** The runs of a plan with the modules that need registration: unsigned ID tokens are for the code flow alone. */
export function withRegistered(
  runs: readonly Run[],
): { responseType: ResponseType; modules: RegisteredModules }[] {
  const more = Object.entries(registeredModules).filter(([name]) => OF_ALL_PLANS.includes(name));
  return runs.map(({ responseType, modules }) => ({
    responseType,
    modules: { ...modules, ...Object.fromEntries(more) },
  }));
}
