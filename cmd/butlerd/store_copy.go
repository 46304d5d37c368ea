package main

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"text/tabwriter"

	"butlerd/host/api"
	"butlerd/host/config"
	"butlerd/host/store"
)

// storeCopy copies all of one store into another, which is empty, and compares
// what is then in both.
func (p *program) storeCopy(ctx context.Context, args []string) error {
	from, to, err := p.copyFlags(args)
	if err != nil {
		return err
	}
	source, err := p.openExisting(ctx, from)
	if err != nil {
		return fmt.Errorf("opening the store to copy from: %w", err)
	}
	defer source.Close()
	if err := unused(ctx, source); err != nil {
		return fmt.Errorf("the store to copy from: %w", err)
	}
	target, err := p.openStore(ctx, to)
	if err != nil {
		return fmt.Errorf("opening the store to copy to: %w", err)
	}
	defer target.Close()
	if err := unused(ctx, target); err != nil {
		return fmt.Errorf("the store to copy to: %w", err)
	}
	fmt.Fprintf(p.stdout, "from  %s\nto    %s\n\n", newStorePlace(from), newStorePlace(to))
	return p.copyChecked(ctx, source, target)
}

// copyFlags says which stores the command line names.
func (p *program) copyFlags(args []string) (from, to config.Store, err error) {
	fs := p.flags("store copy")
	cf := addConfigFlags(fs)
	var target list
	fs.Var(&target, "to-config", "a configuration `file or directory` that names the store to copy to; may be repeated")
	if err := parse(fs, args); err != nil {
		return from, to, err
	}
	if len(cf.paths) == 0 || len(target) == 0 {
		return from, to, usageError{"butlerd store copy: -config FILE|DIR, to copy from, and -to-config FILE|DIR, to copy to, are needed"}
	}
	if from, err = p.storeConfig(cf.options(p)); err != nil {
		return from, to, err
	}
	cf.paths = target
	if to, err = p.storeConfig(cf.options(p)); err != nil {
		return from, to, err
	}
	if sameStore(from, to) {
		return from, to, fmt.Errorf("both configurations name the same store, %s", newStorePlace(from))
	}
	return from, to, nil
}

// unused refuses a store that a host writes to. An engine for one host has refused
// to be opened twice, and its leases do not end.
func unused(ctx context.Context, st store.Hosts) error {
	hosts, err := st.Hosts(ctx)
	if err != nil {
		return err
	}
	clock := api.StoreClock(hosts)
	for _, h := range hosts {
		if state := api.HostState(h, clock); !h.Lease.Until.IsZero() && (state == api.HostReady || state == api.HostDraining) {
			return fmt.Errorf("host %q uses it: stop all hosts first; one that was killed is forgotten when its lease runs out", h.Name)
		}
	}
	return nil
}

// errDiffer says that a copy is not what it was copied from.
type errDiffer struct{ kinds []string }

func (e errDiffer) Error() string {
	return fmt.Sprintf("the copy differs from what it was made of, in %s: do not use it", strings.Join(e.kinds, ", "))
}

func (p *program) copyChecked(ctx context.Context, source, target store.Archive) error {
	err := transfer(ctx, source, target)
	if errors.Is(err, store.ErrExists) {
		return errors.New("the store to copy to is not empty, and stays as it is")
	}
	if err != nil {
		return fmt.Errorf("copying: %w", err)
	}
	before, err := digest(ctx, source)
	if err != nil {
		return fmt.Errorf("reading what was copied: %w", err)
	}
	after, err := digest(ctx, target)
	if err != nil {
		return fmt.Errorf("reading the copy: %w", err)
	}
	return p.printComparison(before, after)
}

// printComparison prints what is in both stores, kind by kind.
func (p *program) printComparison(before, after map[store.RecordKind]contents) error {
	var differ errDiffer
	w := tabwriter.NewWriter(p.stdout, 0, 4, 2, ' ', 0)
	fmt.Fprintln(w, "KIND\tRECORDS\tCOPIED\tSHA-256\tRESULT")
	for _, kind := range store.RecordKinds() {
		a, b, result := before[kind], after[kind], "equal"
		if a != b {
			result = "DIFFERS"
			differ.kinds = append(differ.kinds, string(kind))
		}
		fmt.Fprintf(w, "%s\t%d\t%d\t%x\t%s\n", kind, a.records, b.records, a.sum[:8], result)
	}
	if err := w.Flush(); err != nil {
		return err
	}
	if len(differ.kinds) > 0 {
		return differ
	}
	return nil
}
