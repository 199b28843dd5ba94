// Owns: what the parts of the examination are given.
import type { Config } from '../../config/load.js';
import type { Clock } from '../../lib/clock.js';
import type { Site } from './site.js';

/** The configuration of the hand-off, and what the operator brought along. */
export interface Handoff
  extends Pick<Config, 'issuer' | 'isLoopback' | 'login' | 'siteLogoutUrl' | 'eventsToken'> {
  /** A session cookie's value, of somebody who is logged in at the site. */
  cookie: string | undefined;
  /** A ticket that the site signed. */
  ticket: string | undefined;
}

export type SessionLogin = Extract<Config['login'], { strategy: 'session' }>;
export type TicketLogin = Extract<Config['login'], { strategy: 'ticket' }>;

export interface Instruments {
  site: Site;
  clock: Clock;
}

/** The uid of an interaction that does not exist: the site cannot know, and we do not follow. */
export const returnTo = (issuer: string) => `${issuer}/interaction/link2ur-doctor/return`;
