package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"net/url"
	"os"
	"strings"
	"time"

	"butlerd/host"
	"butlerd/host/config"
	"butlerd/host/store"
	"butlerd/host/store/postgres"
)

// ledgerFlags say whose ledger is read: that of a host that runs, or that of a
// configuration, whether a host runs or not.
type ledgerFlags struct {
	address string
	*configFlags
}

func addLedgerFlags(fs *flag.FlagSet) *ledgerFlags {
	f := &ledgerFlags{configFlags: &configFlags{vars: vars{}}}
	fs.StringVar(&f.address, "address", "", "the `URL` of any of the hosts (default "+addressVar+", or "+defaultAddress+")")
	fs.Var(&f.paths, "config", "a configuration `file or directory`, whose store is opened instead of asking a host; may be repeated")
	fs.Var(f.vars, "var", "a variable of the configuration, `NAME=VALUE`; may be repeated")
	return f
}

// offline says that no host is asked.
func (f *ledgerFlags) offline() bool { return len(f.paths) > 0 }

func (f *ledgerFlags) check(command string) error {
	if f.offline() && f.address != "" {
		return usageError{fmt.Sprintf("butlerd %s: -config opens the store, -address asks a host: give one of them", command)}
	}
	return nil
}

// openLedger opens the store of a configuration for reading. It is not migrated: other
// hosts may use it, with another butlerd.
func (p *program) openLedger(ctx context.Context, f *ledgerFlags) (store.Store, config.Host, error) {
	c, diags := config.Load(f.options(p))
	if diags.HasErrors() {
		return nil, config.Host{}, p.report(diags, &host.DiagnosticsError{Diagnostics: diags})
	}
	if c.Store.Kind == "postgres" {
		state, err := postgres.Status(ctx, host.PostgresOptions(c.Store.Postgres, p.storeLog()))
		if err != nil {
			return nil, c.Host, err
		}
		if state.Schema.Version != state.Schema.Known {
			return nil, c.Host, fmt.Errorf("the schema of the store has version %d, and this butlerd reads version %d: see butlerd store status", state.Schema.Version, state.Schema.Known)
		}
	}
	st, err := p.openExisting(ctx, c.Store)
	return st, c.Host, err
}

// query is the same host, asked with parameters.
func (r *remote) query(values url.Values, timeout time.Duration) *remote {
	asked, base, client := *r, *r.base, *r.client
	base.RawQuery = values.Encode()
	client.Timeout = timeout
	asked.base, asked.client = &base, &client
	return &asked
}

// parseArgs parses flags and up to so many arguments, in any order.
func parseArgs(fs *flag.FlagSet, args []string, most int) ([]string, error) {
	fs.SetOutput(io.Discard) // as parse does
	var given []string
	for {
		err := fs.Parse(args)
		if errors.Is(err, flag.ErrHelp) {
			fs.SetOutput(os.Stderr)
			fs.Usage()
			return nil, err
		}
		if err != nil {
			return nil, usageError{fmt.Sprintf("%s: %s; -h lists the flags", fs.Name(), err)}
		}
		if fs.NArg() == 0 {
			return given, nil
		}
		given, args = append(given, fs.Arg(0)), fs.Args()[1:]
		if len(given) > most {
			return nil, usageError{fmt.Sprintf("%s: unexpected argument %q", fs.Name(), strings.Join(append(given[most:], args...), " "))}
		}
	}
}
