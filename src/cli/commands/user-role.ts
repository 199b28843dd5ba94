// Owns: `user role`: seeing, granting and taking away a user's roles.
import { defineCommand, type ExitCode, UsageError } from '../command.js';
import { withServices } from '../operator.js';
import { confirm, formatTable, show, showDate } from '../output.js';

const HELP = `
Shows what a user may do here beyond logging in, or changes it. The role admin lets a user use the Admin API through
an app that is registered for its scopes; taken away, it ends at the user's next request.

Options:
  --grant ROLE   give the user the role (admin)
  --revoke ROLE  take the role away
  --yes          do not ask before granting
  --json         one JSON object: user_id, roles, changed

Examples:
  npm run cli -- user role 10000001
  npm run cli -- user role 10000001 --grant admin
  npm run cli -- user role 10000001 --revoke admin --json
`;

/** `user role USER`. */
export const userRoleCommand = defineCommand({
  verb: 'role',
  summary: "show, grant or take away a user's roles (admin)",
  usage: 'USER [--grant ROLE | --revoke ROLE] [--yes]',
  help: HELP,
  options: {
    grant: { type: 'string' },
    revoke: { type: 'string' },
    yes: { type: 'boolean', default: false },
  },
  positionals: { min: 1, max: 1 },
  async run({ values: { grant, revoke, yes, json }, positionals: [userId = ''] }, terminal) {
    if (grant !== undefined && revoke !== undefined)
      throw new UsageError('one at a time: --grant or --revoke');
    const isChange = grant !== undefined || revoke !== undefined;
    return withServices(terminal, { readOnly: !isChange }, async ({ roles }, author): Promise<ExitCode> => {
      await roles.list(userId);
      const question = `Let user ${userId} administer this provider?`;
      if (grant !== undefined && !(await confirm(terminal, question, yes))) return 1;
      const changed =
        grant !== undefined
          ? await roles.grant(userId, grant, author)
          : revoke !== undefined && (await roles.revoke(userId, revoke, author));
      const held = await roles.list(userId);
      const rows = held.map((row) => [row.role, showDate(row.grantedAt), row.grantedBy]);
      const answer = {
        user_id: userId,
        roles: held.map((row) => ({
          role: row.role,
          granted_at: row.grantedAt.toISOString(),
          granted_by: row.grantedBy,
        })),
        changed,
      };
      show(terminal, json, answer, () => formatTable(['ROLE', 'SINCE', 'GRANTED BY'], rows, 'no roles'));
      return 0;
    });
  },
});
