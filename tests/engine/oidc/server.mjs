// A real authorization server for tests/engine/test_real_authorization_server.py: npm's oidc-provider, set up strictly.
// Reads its settings as JSON from the first argument; prints its address once it listens; ends with its standard input.
import { createServer } from 'node:http';
import Provider from 'oidc-provider';

const settings = JSON.parse(process.argv[2]);
const client = (id, method) => ({
  client_id: id,
  client_secret: settings.secret,
  redirect_uris: settings.redirectUris,
  grant_types: ['authorization_code', 'refresh_token'],
  response_types: ['code'],
  token_endpoint_auth_method: method,
});

const server = createServer();
server.listen(0, '127.0.0.1', () => {
  const issuer = `http://127.0.0.1:${server.address().port}`;
  const provider = new Provider(issuer, {
    clients: [client('by-body', 'client_secret_post'), client('by-basic', 'client_secret_basic')],
    clockTolerance: 0,
    cookies: { keys: ['only for tests'] },
    pkce: { required: () => false },
    features: { devInteractions: { enabled: true }, revocation: { enabled: true } },
    issueRefreshToken: async () => true,
    rotateRefreshToken: true,
    ttl: { AccessToken: settings.tokenLifetimeSeconds, Grant: 600, Interaction: 600, RefreshToken: 600, Session: 600 },
    findAccount: async (_ctx, id) => ({ accountId: id, claims: async () => ({ sub: id }) }),
  });
  server.on('request', provider.callback());
  console.log(JSON.stringify({ issuer }));
});
process.stdin.on('end', () => process.exit(0)).resume();
