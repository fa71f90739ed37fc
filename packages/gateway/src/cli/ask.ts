import { CommandError, EXIT } from './exit.ts';

/** Questions to a person at a terminal. An interrupted question ends the command: nothing was done. */
export interface Ask {
  text(question: {
    readonly message: string;
    readonly initial?: string;
    readonly check?: (text: string) => string | undefined;
  }): Promise<string>;
  confirm(question: { readonly message: string; readonly initial: boolean }): Promise<boolean>;
  one<T extends string>(question: { readonly message: string; readonly options: readonly Choice<T>[]; readonly initial: T }): Promise<T>;
  many<T extends string>(question: {
    readonly message: string;
    readonly options: readonly Choice<T>[];
    readonly initial: readonly T[];
  }): Promise<readonly T[]>;
}

export interface Choice<T extends string> {
  readonly value: T;
  readonly label: string;
  readonly hint?: string;
}

/** Loaded when there is somebody to ask, and only then. */
export async function askAtTerminal(): Promise<Ask> {
  const clack = await import('@clack/prompts');
  const given = <T>(answer: T | typeof clack.CANCEL_SYMBOL): T => {
    if (clack.isCancel(answer)) throw new CommandError(EXIT.refused, 'Stopped. Nothing was done.');
    return answer as T;
  };
  return {
    text: async ({ message, initial, check }) =>
      given(
        await clack.text({
          message,
          ...(initial === undefined ? {} : { initialValue: initial }),
          ...(check === undefined ? {} : { validate: (value) => check(value ?? '') }),
        }),
      ),
    confirm: async ({ message, initial }) => given(await clack.confirm({ message, initialValue: initial })),
    one: async ({ message, options, initial }) =>
      given(
        await clack.select<string>({ message, options: options.map(plain), initialValue: initial }),
      ) as (typeof options)[number]['value'],
    many: async ({ message, options, initial }) =>
      given(
        await clack.multiselect<string>({ message, options: options.map(plain), initialValues: [...initial], required: false }),
      ) as (typeof options)[number]['value'][],
  };
}

const plain = ({ value, label, hint }: Choice<string>) => ({ value: value as string, label, ...(hint === undefined ? {} : { hint }) });
