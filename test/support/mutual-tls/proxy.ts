// A proxy that asks for client certificates and passes them on as nginx does, or as RFC 9440 says; and apps that have some.
import { request as requestHttp } from 'node:http';
import { createServer, request as requestHttps } from 'node:https';
import type { AddressInfo } from 'node:net';
import type { TLSSocket } from 'node:tls';
import { noteSecret } from '../secret-watch.js';
import { type Certified, makeCertificate, type Subject } from './certificates.js';

export const CERTIFICATE_HEADER = 'Client-Cert';
export const VERIFICATION_HEADER = 'X-SSL-Client-Verify';

type Form = 'rfc9440' | 'nginx';

export interface MutualTlsProxy {
  origin: string;
  port: number;
  /** The CA whose clients it calls verified. */
  ca: Certified & { subject: Subject };
  /** Where it passes requests on to; known once the service is there. */
  target: number;
  form: Form;
  /** A proxy that was set up badly adds its word to what a client says of itself. */
  isCareless: boolean;
  /** fetch, over a connection with this certificate or none. */
  fetchWith(certificate?: Certified): typeof fetch;
  close(): Promise<void>;
}

/** What the proxy says of a certificate. */
export function headersFor(
  raw: Buffer,
  { form = 'rfc9440', isVerified = true }: { form?: Form; isVerified?: boolean } = {},
): Record<string, string> {
  const base64 = raw.toString('base64');
  const lines = base64.match(/.{1,64}/g)?.join('\n');
  const pem = `-----BEGIN CERTIFICATE-----\n${lines}\n-----END CERTIFICATE-----\n`;
  noteSecret(base64.slice(0, 60));
  return {
    [CERTIFICATE_HEADER]: form === 'nginx' ? encodeURIComponent(pem) : `:${base64}:`,
    [VERIFICATION_HEADER]: isVerified ? 'SUCCESS' : 'FAILED:unable to verify the first certificate',
  };
}

/** One request over TLS, with the client's certificate if there is one. */
function fetchBy(ca: Certified, certificate: Certified | undefined): typeof fetch {
  return async (input, init) => {
    const sent = new Request(input, init);
    const body = Buffer.from(await sent.arrayBuffer());
    const credentials = certificate ? { key: certificate.key, cert: certificate.cert } : {};
    return new Promise((resolve, reject) => {
      const request = requestHttps(
        sent.url,
        {
          method: sent.method,
          headers: Object.fromEntries(sent.headers),
          ca: ca.cert,
          agent: false,
          ...credentials,
        },
        (response) => {
          const chunks: Buffer[] = [];
          response.on('data', (chunk: Buffer) => chunks.push(chunk));
          response.on('end', () => {
            const headers = new Headers();
            for (const [name, value] of Object.entries(response.headers)) headers.set(name, String(value));
            const text = Buffer.concat(chunks);
            resolve(
              new Response(text.length > 0 ? text : null, { status: response.statusCode ?? 500, headers }),
            );
          });
        },
      );
      request.on('error', reject);
      request.end(body);
    });
  };
}

export async function openMutualTlsProxy(): Promise<MutualTlsProxy> {
  const ca = makeCertificate({ subject: [['CN', 'test CA']], isCa: true });
  const own = makeCertificate({ subject: [['CN', 'localhost']], names: { dns: ['localhost'] }, issuer: ca });
  // As `ssl_verify_client optional_no_ca`: whoever shows a certificate gets through, and is told apart.
  const tls = { key: own.key, cert: own.cert, ca: ca.cert, requestCert: true, rejectUnauthorized: false };
  const server = createServer(tls, (req, res) => {
    const { raw } = (req.socket as TLSSocket).getPeerCertificate();
    const isVerified = (req.socket as TLSSocket).authorized;
    const headers: Record<string, string | string[] | undefined> = { ...req.headers };
    const said = raw ? headersFor(raw, { form: proxy.form, isVerified }) : {};
    for (const name of [CERTIFICATE_HEADER, VERIFICATION_HEADER]) {
      const values = proxy.isCareless ? [headers[name.toLowerCase()] ?? []].flat() : [];
      delete headers[name.toLowerCase()];
      const all = [...values, ...(said[name] === undefined ? [] : [said[name]])];
      if (all.length > 0) headers[name] = all;
    }
    const onward = requestHttp(
      {
        host: '127.0.0.1',
        port: proxy.target,
        method: req.method,
        path: req.url,
        headers: { ...headers, 'x-forwarded-for': '192.0.2.7', 'x-forwarded-proto': 'https' },
      },
      (answer) => {
        res.writeHead(answer.statusCode ?? 502, answer.headers);
        answer.pipe(res);
      },
    );
    onward.on('error', () => res.destroy());
    req.pipe(onward);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  const proxy: MutualTlsProxy = {
    origin: `https://localhost:${port}`,
    port,
    ca,
    target: 0,
    form: 'rfc9440',
    isCareless: false,
    fetchWith: (certificate) => fetchBy(ca, certificate),
    async close() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
  return proxy;
}

/** The variables of a service behind the proxy. */
export const proxyVariables = (proxy: MutualTlsProxy): Record<string, string> => ({
  OAUTH_FEATURES: 'par,dpop,private_key_jwt,mtls',
  TRUST_PROXY: '1',
  OAUTH_MTLS_PROXIES: '127.0.0.1, ::1',
  OAUTH_MTLS_CERTIFICATE_HEADER: CERTIFICATE_HEADER,
  OAUTH_MTLS_VERIFICATION_HEADER: VERIFICATION_HEADER,
  OAUTH_MTLS_ORIGIN: proxy.origin,
});
