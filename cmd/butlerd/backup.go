package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"text/tabwriter"
	"time"

	"butlerd/host/backup"
	"butlerd/host/store"
)

// backup writes all of a ledger to a file: through a host that runs, or, with
// -config, from a store that no host uses.
func (p *program) backup(ctx context.Context, args []string) error {
	fs := p.flags("backup")
	cf := addConfigFlags(fs)
	address := addressFlag(fs)
	file, err := parseOne(fs, args, "FILE")
	if err != nil {
		return err
	}
	if len(cf.paths) > 0 && *address != "" {
		return usageError{"butlerd backup: -config is for a store that no host uses, -address for a host that runs: give one of them"}
	}
	ctx, stop := p.untilStopped(ctx)
	defer stop()
	write := func(w io.Writer) error { return p.remoteBackup(ctx, *address, w) }
	if len(cf.paths) > 0 {
		write = func(w io.Writer) error { return p.localBackup(ctx, cf, w) }
	}
	made, err := writeBackup(file, write)
	if err != nil {
		return err
	}
	return p.printBackup("Backed up to "+file, made)
}

// writeBackup makes a file that is whole or is not there: the backup gets its name
// when it is written, read again and on the disk.
func writeBackup(file string, write func(io.Writer) error) (made backup.Summary, err error) {
	f, err := os.CreateTemp(filepath.Dir(file), "."+filepath.Base(file)+".*")
	if err != nil {
		return made, err
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, f.Close(), os.Remove(f.Name()))
		}
	}()
	if err := write(f); err != nil {
		return made, err
	}
	if _, err := f.Seek(0, io.SeekStart); err != nil {
		return made, err
	}
	if made, err = backup.Check(f); err != nil {
		return made, err
	}
	if err := f.Sync(); err != nil {
		return made, err
	}
	if err := f.Close(); err != nil {
		return made, err
	}
	return made, os.Rename(f.Name(), file)
}

// backupTimeout bounds one backup through a host: a million runs take minutes.
const backupTimeout = 2 * time.Hour

func (p *program) remoteBackup(ctx context.Context, address string, w io.Writer) error {
	r, err := p.remote("backup", address)
	if err != nil {
		return err
	}
	r.client.Timeout = backupTimeout
	q, err := http.NewRequestWithContext(ctx, http.MethodGet, r.base.JoinPath("/api/v1/backup").String(), http.NoBody)
	if err != nil {
		return err
	}
	q.Header.Set("Accept-Encoding", "identity") // it is compressed already
	answer, err := r.client.Do(q)
	if err != nil {
		return r.unreachable(ctx, err)
	}
	defer answer.Body.Close()
	if answer.StatusCode != http.StatusOK {
		data, err := io.ReadAll(io.LimitReader(answer.Body, maxAnswer))
		if err != nil {
			return r.unreachable(ctx, err)
		}
		return r.refusal(answer.StatusCode, data)
	}
	if _, err := io.Copy(w, answer.Body); err != nil {
		return fmt.Errorf("the backup broke off: %w", err)
	}
	return nil
}

func (p *program) localBackup(ctx context.Context, cf *configFlags, w io.Writer) error {
	c, err := p.storeConfig(cf.options(p))
	if err != nil {
		return err
	}
	st, err := p.openExisting(ctx, c)
	if err != nil {
		return err
	}
	defer st.Close()
	_, err = backup.Write(ctx, w, st, version(), time.Now())
	return err
}

// printBackup prints what is in a backup.
func (p *program) printBackup(what string, s backup.Summary) error {
	fmt.Fprintf(p.stdout, "%s: made %s by butlerd %q.\n", what, s.MadeAt.Format(time.RFC3339), s.MadeBy)
	w := tabwriter.NewWriter(p.stdout, 0, 4, 2, ' ', 0)
	for _, kind := range store.RecordKinds() {
		fmt.Fprintf(w, "  %s\t%d\n", kind, s.Records[kind])
	}
	return w.Flush()
}
