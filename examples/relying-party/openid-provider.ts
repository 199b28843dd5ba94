// Owns: the connection to Link²Ur: discovery, once, and which client this app is.
import * as client from 'openid-client';

export interface OpenIdProvider {
  /** The discovered configuration; fetched at the first call, and again if that call failed. */
  configuration(): Promise<client.Configuration>;
}

/** Plain http is acceptable only when it never leaves this machine. */
function isLoopbackHttp(url: URL): boolean {
  const loopback = ['localhost', '127.0.0.1', '[::1]'].includes(url.hostname);
  return url.protocol === 'http:' && (loopback || url.hostname.endsWith('.localhost'));
}

export function createOpenIdProvider(options: {
  issuer: string;
  clientId: string;
  clientSecret: string;
}): OpenIdProvider {
  const issuer = new URL(options.issuer);
  let discovered: Promise<client.Configuration> | undefined;

  const discover = () =>
    // Reads <issuer>/.well-known/openid-configuration: no endpoint is ever written into an app by hand.
    client.discovery(
      issuer,
      options.clientId,
      undefined,
      // The way the client authenticates at the token endpoint has to be the one it is registered with.
      client.ClientSecretBasic(options.clientSecret),
      isLoopbackHttp(issuer) ? { execute: [client.allowInsecureRequests] } : {},
    );

  return {
    configuration() {
      discovered ??= discover().catch((error: unknown) => {
        discovered = undefined; // a provider that was down for a moment is asked again
        throw error;
      });
      return discovered;
    },
  };
}
