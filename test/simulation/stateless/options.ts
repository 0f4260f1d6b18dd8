import type { RuntimeOptions } from 'mcp-actors';
import type { UserCode } from '../userCode.ts';
import { STATELESS_LIMITS, type StatelessSetting, TASK_LIMITS } from './setting.ts';

const SECRET = 'a secret of thirty-two characters or more';

/** The options of a runtime that serves both eras. */
export function statelessOptions(
  { scope, prefer, onLostCall, hasSecret, taskMode }: StatelessSetting,
  user: UserCode,
): Pick<RuntimeOptions, 'modern' | 'tasks' | 'secret'> {
  return {
    ...(hasSecret && { secret: SECRET }),
    modern: {
      ...STATELESS_LIMITS,
      prefer,
      onLostCall,
      scope:
        scope !== 'function'
          ? scope
          : ({ headers }) => {
              user.now('scope');
              return headers['x-room'] as string | undefined;
            },
    },
    tasks: {
      ...TASK_LIMITS,
      mode: (tool) => {
        user.now('taskMode');
        return tool.startsWith('job') ? taskMode : 'auto';
      },
    },
  };
}
