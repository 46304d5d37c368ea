// Package exec is the bundled plugin exec: it runs programs, keeps what they
// print, and tells how they ended.
//
// There is no shell in between: a command is a program and its arguments, and
// whoever wants a pipe or a wildcard names a shell as the program.
//
// # What it promises
//
// A program ends with its attempt. When the attempt is cancelled, the program and
// what it has started are asked to end, and made to a moment later; what it leaves
// running when it ends by itself is ended too. When the plugin's process ends,
// however it does, so do they:
//
//   - on Unix each program leads a process group, and a watcher in that group (the
//     system's sh) ends it when a pipe from the plugin is closed, which the kernel
//     does for a process that was killed. On Linux the kernel ends the program
//     itself too, where there is no sh;
//   - on Windows each program is in a Job Object that ends with its last handle.
//
// What makes itself leader of another group or session has left: it is not found.
//
// A program whose attempt was lost has ended, but how far it came nobody knows. It
// is not looked for: the schedule's on_lost decides.
//
// It is no sandbox: programs have the rights of butlerd. The configuration may
// list those that are allowed.
package exec
