package config

import (
	"cmp"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/hashicorp/hcl/v2"
)

// read reads all files that the paths name, each once.
func read(paths []string) (*sources, hcl.Diagnostics) {
	if len(paths) == 0 {
		return nil, hcl.Diagnostics{unplaced("No configuration", "No configuration file or directory was given.")}
	}
	var r reader
	for _, path := range paths {
		r.path(path)
	}
	slices.SortFunc(r.found.list, func(a, b *source) int { return cmp.Compare(a.name, b.name) })
	return &r.found, r.diags
}

func unplaced(summary, format string, args ...any) *hcl.Diagnostic {
	return &hcl.Diagnostic{Severity: hcl.DiagError, Summary: summary, Detail: fmt.Sprintf(format, args...)}
}

type reader struct {
	found sources
	seen  map[string]bool // by absolute path: a directory and a file in it may both be given
	total int
	diags hcl.Diagnostics
}

func (r *reader) fail(path string, err error) {
	if pe := (*fs.PathError)(nil); errors.As(err, &pe) {
		err = pe.Err // the path is in the message already
	}
	r.diags = append(r.diags, unplaced("Configuration cannot be read", "Reading %s: %s.", path, err))
}

func (r *reader) path(path string) {
	info, err := os.Stat(path)
	switch {
	case err != nil:
		r.fail(path, err)
	case info.IsDir():
		r.directory(path)
	default:
		r.file(path)
	}
}

func (r *reader) directory(dir string) {
	entries, err := os.ReadDir(dir)
	if err != nil {
		r.fail(dir, err)
		return
	}
	some := false
	for _, e := range entries {
		path := filepath.Join(dir, e.Name())
		// A name may be a link, so what it leads to decides.
		if info, err := os.Stat(path); !configName(e.Name()) || err == nil && info.IsDir() {
			continue
		}
		some = true
		r.file(path)
	}
	if !some {
		r.diags = append(r.diags, unplaced("No configuration", "There is no *.hcl or *.hcl.json file in %s.", dir))
	}
}

// configName tells whether a file of a directory is one to read. Editors leave
// .#name, #name# and name~ behind.
func configName(name string) bool {
	if strings.HasPrefix(name, ".") || strings.HasPrefix(name, "#") {
		return false
	}
	return strings.HasSuffix(name, ".hcl") || strings.HasSuffix(name, ".hcl.json")
}

func (r *reader) file(path string) {
	abs, err := filepath.Abs(path)
	if err != nil {
		r.fail(path, err)
		return
	}
	if r.seen[abs] {
		return
	}
	if r.seen == nil {
		r.seen = make(map[string]bool)
	}
	r.seen[abs] = true
	text, err := readBounded(path, MaxFile)
	if err != nil {
		r.fail(path, err)
		return
	}
	if r.total += len(text); r.total > MaxTotal {
		r.fail(path, fmt.Errorf("the files together are larger than %d MiB", MaxTotal>>20))
		return
	}
	r.found.list = append(r.found.list, &source{name: path, dir: filepath.ToSlash(filepath.Dir(abs)), bytes: text})
}

// readBounded reads a regular file of at most limit bytes. Others, a pipe say,
// could keep loading from ever ending.
func readBounded(path string, limit int) ([]byte, error) {
	info, err := os.Stat(path)
	if err != nil {
		return nil, err
	}
	if !info.Mode().IsRegular() {
		return nil, errors.New("it is not a regular file")
	}
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	text, err := io.ReadAll(io.LimitReader(f, int64(limit)+1))
	if err != nil {
		return nil, err
	}
	if len(text) > limit {
		return nil, fmt.Errorf("it is larger than %d MiB", limit>>20)
	}
	return text, nil
}
