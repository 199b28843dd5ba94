// Requests of several kinds at one moment, about one person: none of them may wait for another that waits for it.
import type { Agent } from './agent.js';
import { authorizeUrl, obtainTokens, refresh, userinfo } from './app.js';

/** Statuses of `rounds` bursts of refreshes, UserInfo requests and authorizations, that follow one another. */
export async function mixedLoad(issuer: string, agent: Agent, rounds: number): Promise<number[]> {
  const statuses: number[] = [];
  let tokens: Awaited<ReturnType<typeof obtainTokens>>[] = [];
  for (let n = 0; n < 4; n += 1) tokens.push(await obtainTokens(issuer, agent));
  for (let round = 0; round < rounds; round += 1) {
    // Long enough for everything that was remembered to be read anew by all of them at once.
    await new Promise((resolve) => setTimeout(resolve, 1_000));
    const asked = tokens.flatMap(({ access_token: access = '' }, n) =>
      Array.from({ length: 3 }, async (_, again) => {
        await new Promise((resolve) => setTimeout(resolve, n + 2 * again));
        return (await userinfo(issuer, access)).status;
      }),
    );
    const refreshed = tokens.map(async ({ refresh_token: token = '' }, n) => {
      await new Promise((resolve) => setTimeout(resolve, 2 * n));
      return refresh(issuer, token);
    });
    const authorized = Array.from(
      { length: 2 },
      async () => (await agent.fork().get(authorizeUrl(issuer))).status,
    );
    statuses.push(...(await Promise.all(asked)), ...(await Promise.all(authorized)));
    const answers = await Promise.all(refreshed);
    statuses.push(...answers.map(({ status }) => status));
    tokens = answers.map(({ body }) => body);
  }
  return statuses;
}
