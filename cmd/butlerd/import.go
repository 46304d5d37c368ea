package main

import (
	"context"
	"fmt"
	"io"
	"os"

	"butlerd/host/butler"
	"butlerd/host/crontab"
	"butlerd/host/finding"
)

// importFrom makes a configuration of what another scheduler has.
func (p *program) importFrom(ctx context.Context, args []string) error {
	const kinds = "butler -schedules schedule.yaml, or crontab FILE"
	if len(args) == 0 {
		return usageError{"butlerd import: what from is needed: " + kinds}
	}
	switch args[0] {
	case "butler":
		return p.untilEnd(ctx, args[1:], p.importButler)
	case "crontab":
		return p.untilEnd(ctx, args[1:], p.importCrontab)
	}
	return usageError{fmt.Sprintf("butlerd import: %q is not known; there are: %s", args[0], kinds)}
}

// made is what an import writes.
type made struct {
	text        []byte
	found       finding.Report
	out, report string // names of files, or -
}

// untilEnd makes and writes. The readers know no context, so one that is interrupted is
// left behind: the program ends then, and has written nothing.
func (p *program) untilEnd(ctx context.Context, args []string, read func([]string) (made, error)) error {
	var m made
	done := make(chan error, 1)
	go func() {
		var err error
		m, err = read(args)
		done <- err
	}()
	select {
	case <-ctx.Done():
		return ctx.Err()
	case err := <-done:
		if err != nil {
			return err
		}
		return p.writeImport(m)
	}
}

func (p *program) importButler(args []string) (made, error) {
	fs := p.flags("import butler")
	settings := fs.String("config", "", "Butler's settings, `production.yaml`; without them only schedules are written")
	schedules := fs.String("schedules", "", "Butler's schedules, `schedule.yaml`")
	cutover := fs.Bool("cutover", false, "what Butler has started is stopped here until butlerd cutover starts it")
	zone := fs.String("server-timezone", "", "the time `zone` of the machine that Butler runs on, such as Europe/Stockholm: it fired by that clock")
	out, report := fs.String("o", "-", "the `file` to write, which must not be there; - is the standard output"), reportFlag(fs.String)
	if err := parse(fs, args); err != nil {
		return made{}, err
	}
	switch {
	case *settings == "" && *schedules == "":
		return made{}, usageError{"butlerd import butler: -schedules FILE is needed, or -config FILE, or both"}
	case *zone == "":
		return made{}, usageError{"butlerd import butler: -server-timezone ZONE is needed: " + butler.ErrNoTimezone.Error()}
	}
	in := butler.Input{ServerTimezone: *zone, ForCutover: *cutover}
	if *settings != "" {
		text, err := readInput(*settings, butler.MaxFile)
		if err == nil {
			in.Settings, err = butler.ReadSettings(*settings, text)
		}
		if err != nil {
			return made{}, err
		}
	}
	if *schedules != "" {
		text, err := readInput(*schedules, butler.MaxFile)
		if err == nil {
			in.Schedules, err = butler.ReadSchedules(*schedules, text)
		}
		if err != nil {
			return made{}, err
		}
	}
	text, found, err := butler.Convert(in)
	if err != nil {
		return made{}, err
	}
	return made{text, found, *out, *report}, nil
}

func (p *program) importCrontab(args []string) (made, error) {
	fs := p.flags("import crontab")
	zone := fs.String("timezone", "", "the time `zone` of the machine that cron runs on, such as Europe/Stockholm; not needed where CRON_TZ says it")
	system := fs.Bool("system", false, "each line names the user before the command, as in /etc/crontab")
	out, report := fs.String("o", "-", "the `file` to write, which must not be there; - is the standard output"), reportFlag(fs.String)
	names, err := parseNames(fs, args)
	if err != nil {
		return made{}, err
	}
	if len(names) != 1 {
		return made{}, usageError{"butlerd import crontab: the name of one crontab is needed"}
	}
	text, err := readInput(names[0], crontab.MaxFile)
	if err != nil {
		return made{}, err
	}
	config, found, err := crontab.Convert(crontab.Input{File: names[0], Text: string(text), Timezone: *zone, System: *system})
	if err != nil {
		return made{}, err
	}
	return made{config, found, *out, *report}, nil
}

func reportFlag(add func(name, value, usage string) *string) *string {
	return add("report", "-", "the `file` to write the report to, which must not be there; - is the standard error")
}

// readInput reads a regular file of at most limit bytes, and one byte more of a larger
// one, which is then refused where it is read.
func readInput(name string, limit int) ([]byte, error) {
	if info, err := os.Stat(name); err == nil && !info.Mode().IsRegular() { // opening a pipe would wait
		return nil, fmt.Errorf("%s is no regular file", name)
	}
	f, err := os.Open(name)
	if err != nil {
		return nil, err
	}
	defer f.Close() // only read; the error would mean nothing
	return io.ReadAll(io.LimitReader(f, int64(limit)+1))
}

// writeImport writes what was made, and what was found. The report comes last: it is
// what should be looked at. Both files are opened before anything is written, and none
// is left behind when the import fails.
func (p *program) writeImport(m made) (err error) {
	out, err := create(m.out, p.stdout)
	if err != nil {
		return err
	}
	defer func() { err = out.end(err) }()
	report, err := create(m.report, p.stderr)
	if err != nil {
		return err
	}
	defer func() { err = report.end(err) }()
	if _, err := out.Write(m.text); err != nil {
		return err
	}
	return m.found.WriteText(report)
}

// target is a new file, or a stream that is there.
type target struct {
	io.Writer
	file *os.File // nil: a stream
}

// create makes a file that is not there yet, or takes the stream for -. What somebody
// has changed by hand after an earlier import must not be lost.
func create(name string, stream io.Writer) (target, error) {
	if name == "-" {
		return target{Writer: stream}, nil
	}
	f, err := os.OpenFile(name, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if os.IsExist(err) {
		return target{}, fmt.Errorf("%s is there already, and stays as it is", name)
	}
	return target{f, f}, err
}

// end closes the file, and removes it after an error.
func (t target) end(err error) error {
	if t.file == nil {
		return err
	}
	if closed := t.file.Close(); err == nil {
		err = closed
	}
	if err != nil {
		_ = os.Remove(t.file.Name()) // the first error says it
	}
	return err
}

// writeNew writes a file that is not there yet, or to a stream for -.
func (p *program) writeNew(name string, stream io.Writer, write func(io.Writer) error) error {
	t, err := create(name, stream)
	if err != nil {
		return err
	}
	return t.end(write(t))
}
