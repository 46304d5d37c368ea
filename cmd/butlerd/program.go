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
			summary: "run the host with a QRS simulator, to try things out"},
		{name: "serve", usage: "-config FILE|DIR... [-listen HOST:PORT] [-data-dir DIR] [-var NAME=VALUE]...", run: (*program).serve,
			summary: "run the host"},
		{name: "validate", usage: "[-config FILE|DIR]... [-var NAME=VALUE]... [-json]", run: (*program).validate,
			summary: "check a configuration and print every problem"},
		{name: "next", usage: "-cron EXPR -timezone ZONE [-from RFC3339] [-count N] [-json]", run: (*program).next,
			summary: "print the coming instants of a cron expression"},
		{name: "plugin", usage: "list [-config FILE|DIR]... [-json]", run: (*program).plugin,
			summary: "list the plugins of a configuration and what they offer"},
		{name: "hosts", usage: "[-address URL] [-json]", run: (*program).hosts,
			summary: "list the hosts that share a store"},
		{name: "drain", usage: "[-address URL] [-host ID|NAME] [-resume] [-wait DURATION]", run: (*program).drain,
			summary: "make a host take nothing more, before it is stopped; -resume ends that"},
		{name: "store", usage: "status|migrate [-config FILE|DIR]... [-var NAME=VALUE]... [-json]", run: (*program).store,
			summary: "say what is in the store, or bring its schema up to date"},
		{name: "store", usage: "copy -config FILE|DIR... -to-config FILE|DIR... [-var NAME=VALUE]...", run: (*program).store,
			summary: "copy all of one store into another one that is empty"},
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

// parse parses flags of a command that takes no arguments.
func parse(fs *flag.FlagSet, args []string) error {
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
	if fs.NArg() > 0 {
		return usageError{fmt.Sprintf("%s: unexpected argument %q", fs.Name(), fs.Arg(0))}
	}
	return nil
}
