// Owns: what the demo consists of.
export const SITE_PORT = 3001;
export const SITE_URL = `http://localhost:${SITE_PORT}`;
export const RP_PORT = 3002;
export const RP_URL = `http://localhost:${RP_PORT}`;
const SCOPE = 'openid profile email phone offline_access';

export const DEMO_USER = {
  id: '10000001',
  name: '张三',
  email: 'demo@link2ur.example',
  isVerified: true,
  isActive: true,
};

export const demoClients = (clientSecret: string) => [
  {
    client_id: 'demo-web',
    client_name: 'Campus Market',
    client_secret: clientSecret,
    client_uri: RP_URL,
    redirect_uris: [`${RP_URL}/callback`],
    post_logout_redirect_uris: [`${RP_URL}/logged-out`],
    scope: SCOPE,
  },
  {
    client_id: 'demo-spa',
    client_name: 'Campus Market in the browser',
    client_uri: `${RP_URL}/spa`,
    redirect_uris: [`${RP_URL}/spa`],
    post_logout_redirect_uris: [`${RP_URL}/spa`],
    scope: SCOPE,
    token_endpoint_auth_method: 'none',
  },
];
