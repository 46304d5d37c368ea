package main

import (
	"context"
	"errors"
	"fmt"
	"os"

	"butlerd/host/backup"
	"butlerd/host/store"
)

// restore reads a backup into a store that is empty. No host may use it.
func (p *program) restore(ctx context.Context, args []string) error {
	fs := p.flags("restore")
	cf := addConfigFlags(fs)
	check := fs.Bool("check", false, "only say whether the file is a whole backup, and what is in it")
	file, err := parseOne(fs, args, "FILE")
	if err != nil {
		return err
	}
	if !*check && len(cf.paths) == 0 {
		return usageError{"butlerd restore: -config FILE|DIR is needed: it names the store, which must be empty"}
	}
	f, err := os.Open(file)
	if err != nil {
		return err
	}
	defer f.Close()
	ctx, stop := p.untilStopped(ctx)
	defer stop()
	if *check {
		s, err := backup.Check(f)
		if err != nil {
			return fmt.Errorf("%s: %w", file, err)
		}
		return p.printBackup(file+" is whole", s)
	}
	c, err := p.storeConfig(cf.options(p))
	if err != nil {
		return err
	}
	st, err := p.openStore(ctx, c)
	if err != nil {
		return err
	}
	defer st.Close()
	if err := unused(ctx, st); err != nil {
		return err
	}
	s, err := backup.Restore(ctx, f, st)
	if errors.Is(err, store.ErrExists) {
		return fmt.Errorf("%s is not empty, and stays as it is: restore into a new one", newStorePlace(c))
	}
	if err != nil {
		return fmt.Errorf("%s: %w", file, err)
	}
	return p.printBackup("Restored into "+newStorePlace(c).String(), s)
}
