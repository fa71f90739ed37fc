import type { ServerId } from '../../base/ids.ts';
import type { Deny } from '../../contracts/verdict.ts';
import type { Target, With } from '../exchange.ts';
import type { Guard } from '../guard.ts';
import { reaches, type Visible, visibleTo } from '../visible.ts';

const NONE: Target = { tool: null };

/** Which tool a call means. What the caller may not discover is looked up like what does not exist, and answered like it. */
export function resolveTarget(): Guard<'endpoint' | 'principal' | 'frame' | 'budget', 'target'> {
  return {
    name: 'resolve-target',
    needs: ['endpoint', 'principal', 'frame', 'budget'],
    adds: 'target',
    check(exchange) {
      const { endpoint, frame, principal, snapshot } = exchange;
      if (endpoint === null) return { verdict: 'deny', reason: 'http.not_found' };
      const visible = visibleTo(snapshot, principal);
      if (endpoint.server !== null && !visible.servers.has(endpoint.server)) return unknownServer(exchange, endpoint.server);
      if (frame.params.kind !== 'call') return { verdict: 'pass', fact: NONE };
      const { name } = frame.params;
      const qualified = endpoint.server === null ? name : `${endpoint.server}__${name}`;
      const tool = visible.byQualifiedName.get(qualified);
      if (tool && reaches(snapshot, tool.server, frame.era)) return { verdict: 'pass', fact: { tool } };
      return unknownTool(exchange, visible, qualified, name);
    },
  };
}

function unknownServer({ snapshot }: With<'frame'>, server: ServerId): Deny {
  return { verdict: 'deny', reason: snapshot.servers.has(server) ? 'gateway.hidden_server' : 'gateway.unknown_server', detail: server };
}

// One look-up in either case: the journal tells hidden from unknown, the wire and the clock do not.
function unknownTool({ snapshot }: With<'frame'>, visible: Visible, qualified: string, name: string): Deny {
  const reason = snapshot.tools.has(qualified) ? 'gateway.hidden_tool' : 'gateway.unknown_tool';
  const hidden = visible.hidden.get(qualified);
  const decided = hidden === undefined ? {} : { decided: { action: 'discover', ...hidden } as const };
  return { verdict: 'deny', reason, detail: qualified, shown: name, ...decided };
}
