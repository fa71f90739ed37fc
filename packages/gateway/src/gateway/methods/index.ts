import type { LineClass } from '../exchange.ts';
import { acceptAnswer } from './accept-answer.ts';
import { acceptNotification } from './accept-notification.ts';
import { discover } from './discover.ts';
import { endSession } from './end-session.ts';
import { forwardCall } from './forward-call.ts';
import { initialize } from './initialize.ts';
import { list } from './list.ts';
import { listen } from './listen.ts';
import { openStandingStream } from './open-stream.ts';
import { ping } from './ping.ts';
import { setLevel } from './set-level.ts';
import { forwardTask } from './task.ts';
import type { Handler } from './works.ts';

/** What happens once every guard has passed, by class. A class without a handler is answered as an unknown method. */
export const HANDLERS: Readonly<Partial<Record<LineClass, Handler>>> = {
  initialize,
  ping,
  discover,
  list,
  call: forwardCall,
  get: forwardCall,
  read: forwardCall,
  complete: forwardCall,
  subscribe: forwardCall,
  task: forwardTask,
  'log-level': setLevel,
  listen,
  notification: acceptNotification,
  answer: acceptAnswer,
  stream: openStandingStream,
  end: endSession,
};
