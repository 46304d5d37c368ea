package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"strings"

	"butlerd/sdk/handshake"
)

// Exit codes.
const (
	exitOK    = 0
	exitError = 1
	exitUsage = 64 // as sysexits.h has it: the command line cannot be understood
)

// program is one run of the command line, with all it touches of its process.
type program struct {
	env            func(string) (string, bool)
	stdout, stderr io.Writer
	signals        <-chan os.Signal
}

// command is one of the program's commands.
type command struct {
	name    string
	usage   string // flags and arguments
	summary string
	run     func(p *program, ctx context.Context, args []string) error
}

func commands() []command {
	return []command{
		{name: "dev", usage: "[-listen HOST:PORT] [-data-dir DIR] [-config FILE|DIR]...", run: (*program).dev,
			summary: "run the host with simulators of Qlik Sense, to try things out"},
		{name: "serve", usage: "-config FILE|DIR... [-listen HOST:PORT] [-data-dir DIR] [-var NAME=VALUE]...", run: (*program).serve,
			summary: "run the host"},
		{name: "validate", usage: "[-config FILE|DIR]... [-var NAME=VALUE]... [-json]", run: (*program).validate,
			summary: "check a configuration and print every problem"},
		{name: "next", usage: "[-config FILE]... [-from RFC3339] [-until RFC3339] [-count N] [-json] [SCHEDULE]... | -cron EXPR -timezone ZONE", run: (*program).next,
			summary: "print the coming instants of schedules, or of a cron expression"},
		{name: "plugin", usage: "list [-config FILE|DIR]... [-json]", run: (*program).plugin,
			summary: "list the plugins of a configuration and what they offer"},
		{name: "verify", usage: "[-address URL | -config FILE|DIR...] [-from TIME] [-to TIME] [-json]", run: (*program).verify,
			summary: "prove that each firing that was due is accounted for, and that the past was not edited"},
		{name: "explain", usage: "[-address URL | -config FILE|DIR...] [-json] SCHEDULE [TIME]", run: (*program).explain,
			summary: "say why a schedule did, did not or will run at a time"},
		{name: "simulate", usage: "[-address URL | -config FILE|DIR...] [-from TIME] [-to TIME] [-timezone ZONE] [-json | -svg FILE] [SCHEDULE]...", run: (*program).simulate,
			summary: "play the coming firings without running anything: load, waits, collisions, the emptiest hours"},
		{name: "shadow", usage: "-config FILE|DIR... [-data-dir DIR] [-for DURATION] [-every 1m] [-tolerance 60s] [-allow-extra TASK]... [-report FILE] [-json] [-report-only]", run: (*program).shadow,
			summary: "compare, starting nothing, what schedules would start with what Qlik Sense says was started"},
		{name: "cutover", usage: "-config FILE|DIR... -butler URL [-address URL] [-dry-run] [-yes] [-force]", run: (*program).cutover,
			summary: "stop the schedules of Butler and start them here, so that nothing runs on both sides"},
		{name: "hosts", usage: "[-address URL] [-json]", run: (*program).hosts,
			summary: "list the hosts that share a store"},
		{name: "drain", usage: "[-address URL] [-host ID|NAME] [-resume] [-wait DURATION]", run: (*program).drain,
			summary: "make a host take nothing more, before it is stopped; -resume ends that"},
		{name: "hold", usage: "-all|-tag TAG|-schedule ID -reason TEXT [-until INSTANT|DURATION] [-drain] [-by NAME] [-address URL]", run: (*program).hold,
			summary: "keep schedules from firing; each firing meanwhile is recorded as held"},
		{name: "holds", usage: "[-address URL] [-json]", run: (*program).holds,
			summary: "list the holds in force"},
		{name: "release", usage: "-hold ID [-address URL]", run: (*program).release,
			summary: "end a hold"},
		{name: "store", usage: "status|migrate [-config FILE|DIR]... [-var NAME=VALUE]... [-json]", run: (*program).store,
			summary: "say what is in the store, or bring its schema up to date"},
		{name: "store", usage: "copy -config FILE|DIR... -to-config FILE|DIR... [-var NAME=VALUE]...", run: (*program).store,
			summary: "copy all of one store into another one that is empty"},
		{name: "backup", usage: "FILE [-address URL | -config FILE|DIR...]", run: (*program).backup,
			summary: "write all of a ledger to a file, while hosts work or while none does"},
		{name: "restore", usage: "FILE -config FILE|DIR... [-var NAME=VALUE]... [-check]", run: (*program).restore,
			summary: "read a backup into an empty store"},
		{name: "import", usage: "butler [-config production.yaml] -schedules schedule.yaml -server-timezone ZONE [-cutover] [-o FILE] [-report FILE]", run: (*program).importFrom,
			summary: "make a configuration of Butler's settings and schedules, with a report of every change and trap"},
		{name: "import", usage: "crontab FILE [-timezone ZONE] [-system] [-o FILE] [-report FILE]", run: (*program).importFrom,
			summary: "make a configuration of a crontab, with the action exec"},
		{name: "export", usage: "[-address URL | -config FILE|DIR...] [-all] [-o FILE]", run: (*program).export,
			summary: "write schedules that were made over the API as a configuration"},
		{name: "qrs-simulator", usage: "[-listen HOST:PORT] [-dir DIR] [-seed FILE]", run: (*program).qrsSimulator,
			summary: "run a simulator of the Qlik Sense Repository Service"},
		{name: "version", run: (*program).version,
			summary: "print the version"},
	}
}

// usageError says that the command line cannot be understood.
type usageError struct{ text string }

func (e usageError) Error() string { return e.text }

// errReported is returned by a command that has printed what is wrong.
var errReported = errors.New("reported")

// run runs the command that args name and returns the exit code.
func (p *program) run(ctx context.Context, args []string) int {
	if len(args) == 0 || args[0] == "help" || args[0] == "-h" || args[0] == "-help" || args[0] == "--help" {
		p.help()
		return exitOK
	}
	err := p.dispatch(ctx, args[0], args[1:])
	var usage usageError
	switch {
	case err == nil, errors.Is(err, flag.ErrHelp):
		return exitOK
	case errors.As(err, &usage):
		fmt.Fprintf(p.stderr, "butlerd: %s\n", usage.text)
		return exitUsage
	case !errors.Is(err, errReported):
		fmt.Fprintf(p.stderr, "butlerd: %s\n", err)
	}
	return exitError
}

func (p *program) dispatch(ctx context.Context, name string, args []string) error {
	// A host starts plugins with the cookie set. Anything but serving a plugin
	// would start hosts from hosts.
	if _, started := p.env(handshake.CookieKey); started && name != "plugin" {
		return usageError{fmt.Sprintf("%s is set, so a host started this process as a plugin, but %q is not one", handshake.CookieKey, name)}
	}
	for _, c := range commands() {
		if c.name == name {
			return c.run(p, ctx, args)
		}
	}
	return usageError{fmt.Sprintf("there is no command %q; butlerd help lists them", name)}
}

func (p *program) help() {
	fmt.Fprint(p.stdout, "butlerd runs schedules and dispatches each firing to a plugin.\n\n")
	for _, c := range commands() {
		fmt.Fprintf(p.stdout, "  butlerd %s\n        %s\n", strings.TrimSpace(c.name+" "+c.usage), c.summary)
	}
	fmt.Fprintf(p.stdout, "\nExit codes: %d ok, %d error, %d the command line is wrong.\n", exitOK, exitError, exitUsage)
}

// flags makes the flag set of a command.
func (p *program) flags(name string) *flag.FlagSet {
	fs := flag.NewFlagSet("butlerd "+name, flag.ContinueOnError)
	fs.SetOutput(p.stderr)
	return fs
}

// parseOne parses flags of a command that takes one argument, before or behind
// them.
func parseOne(fs *flag.FlagSet, args []string, what string) (string, error) {
	if len(args) > 0 && !strings.HasPrefix(args[0], "-") {
		args = append(append([]string{}, args[1:]...), args[0])
	}
	if len(args) == 0 || strings.HasPrefix(args[len(args)-1], "-") {
		if err := parse(fs, args); err != nil {
			return "", err
		}
		return "", usageError{fmt.Sprintf("%s: %s is needed", fs.Name(), what)}
	}
	return args[len(args)-1], parse(fs, args[:len(args)-1])
}

// parse parses flags of a command that takes no arguments.
func parse(fs *flag.FlagSet, args []string) error {
	names, err := parseNames(fs, args)
	if err == nil && len(names) > 0 {
		return usageError{fmt.Sprintf("%s: unexpected argument %q", fs.Name(), names[0])}
	}
	return err
}

// parseNames is parse for a command that takes arguments too, which may stand
// before, between and after the flags.
func parseNames(fs *flag.FlagSet, args []string) (names []string, err error) {
	for {
		if err := parseFlags(fs, args); err != nil {
			return nil, err
		}
		if fs.NArg() == 0 {
			return names, nil
		}
		names, args = append(names, fs.Arg(0)), fs.Args()[1:]
	}
}

func parseFlags(fs *flag.FlagSet, args []string) error {
	fs.SetOutput(io.Discard) // the error says it all; the flags are printed for -h only
	err := fs.Parse(args)
	if errors.Is(err, flag.ErrHelp) {
		fs.SetOutput(os.Stderr)
		fs.Usage()
		return err
	}
	if err != nil {
		return usageError{fmt.Sprintf("%s: %s; -h lists the flags", fs.Name(), err)}
	}
	return nil
}
