// Artifacts that live, in Redis: expired ones are not kept there.
import { Redis } from 'ioredis';
import { hashOf } from '../../src/lib/ids.js';
import { artifactKeys, encode } from '../../src/store/redis/records.js';

const AT_ONCE = 5_000;
/** Long enough to outlast any benchmark, and gone by itself if one is killed. */
const LIFETIME_MS = 3_600_000;

const payload = {
  kind: 'AccessToken',
  acr: 'urn:link2ur:acr:password',
  amr: ['pwd'],
  scope: 'openid profile email',
  clientId: 'scale-0',
  accountId: '30000001',
  jti: hashOf('jti'),
  nonce: hashOf('nonce'),
  sessionUid: hashOf('session'),
  grantId: hashOf('grant'),
  redirectUri: 'https://rp.example/callback',
  expiresWithSession: true,
};

/** Writes `count` access tokens to the Redis at `url`, under keys as the service makes them. */
export async function fillRedis(url: string, prefix: string, count: number): Promise<void> {
  const redis = new Redis(url);
  try {
    const expiresAt = new Date(Date.now() + LIFETIME_MS);
    const text = encode({ payload, grantId: payload.grantId, expiresAt });
    for (let from = 0; from < count; from += AT_ONCE) {
      const pipeline = redis.pipeline();
      for (let n = from; n < Math.min(from + AT_ONCE, count); n += 1) {
        const { record } = artifactKeys(prefix, 'AccessToken', hashOf(`artifact ${n}`));
        pipeline.set(record, text, 'PXAT', expiresAt.getTime());
      }
      const results = await pipeline.exec();
      const failed = results?.find(([error]) => error);
      if (failed) throw failed[0];
    }
  } finally {
    redis.disconnect();
  }
}
