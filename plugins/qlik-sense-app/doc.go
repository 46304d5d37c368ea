// Package app is the bundled plugin qlik-sense-app: it reloads apps of
// client-managed Qlik Sense by themselves, without a task, and tells what an app
// consists of. It talks to the engine, where qlik-sense-reload talks to the
// repository service.
//
// # What it promises
//
// A reload is ordered once. When the connection breaks afterwards nobody can tell
// how far it came, and the run is lost; when it breaks before, the run failed and
// may be tried again. What was reloaded is saved, or the run has not succeeded. A
// run that is cancelled cancels the reload, and nothing is saved.
//
// A reload lives in its session: if the process or its host ends, the engine ends
// the reload too. So there is nothing to look for after that, and to resume an
// attempt is not offered.
//
// It is not for Qlik Cloud, and it edits no app.
package app
