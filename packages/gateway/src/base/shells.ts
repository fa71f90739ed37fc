import { basename } from 'node:path';

/** Programs that take a program as text or by name: with one of them on a list of what may be started, everything would be. */
const SHELLS: ReadonlySet<string> = new Set(
  [
    'sh ash bash dash zsh ksh ksh93 mksh pdksh posh yash fish csh tcsh rbash rksh rc es elvish nu xonsh pwsh powershell cmd.exe powershell.exe',
    'busybox toybox env sudo doas su runuser setpriv chroot unshare nsenter setsid nohup timeout nice ionice taskset stdbuf xargs find parallel',
    'script expect watch ssh awk gawk mawk sed make m4 vi vim ex ed less more gdb strace ltrace',
  ].flatMap((names) => names.split(' ')),
);

/** Whether a program is one of those, by the name of its file. Whoever asks has followed links. */
export const isShell = (file: string): boolean => SHELLS.has(basename(file).toLowerCase());
