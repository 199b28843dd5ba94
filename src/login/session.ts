// Owns: logging in with the site's own session, whose cookie reaches us because site and provider share a domain.
import type { SiteLogin } from './site.js';
import type { SiteSessions } from './site-sessions.js';
import type { LoginStrategy } from './strategy.js';

export function createSessionStrategy({
  site,
  sessions,
}: {
  site: SiteLogin;
  sessions: SiteSessions;
}): LoginStrategy {
  return {
    name: 'session',
    loginUrl: site.loginUrl,

    async start(request) {
      if (request.demand === 'other') return site.away(request);
      // Not what was so a moment ago: somebody who has just logged out there must not be logged in here.
      const identity = await sessions.find(request.cookies);
      if (!identity) return site.away(request);
      // prompt=login is for the user to see, however fresh their login is: times are counted in whole seconds.
      const isRecent = site.isRecent(request, identity);
      const isEnough = isRecent && site.isStrongEnough(request, identity);
      if (request.demand === 'any' && isEnough) return site.accept(request, identity);
      // A site that does not say when would not say so after another login either.
      return !isRecent && identity.authTime === undefined ? site.notRecent(identity) : site.away(request);
    },

    async return(request) {
      const identity = await sessions.find(request.cookies);
      if (!identity) return site.waiting(request);
      return site.isRecent(request, identity) ? site.accept(request, identity) : site.notRecent(identity);
    },
  };
}
