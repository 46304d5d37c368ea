package backup

import (
	"bufio"
	"compress/gzip"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"hash"
	"io"
	"maps"

	"butlerd/host/store"
)

// maxLine bounds a line of a backup: a log entry or a definition is far below.
const maxLine = 8 << 20

// ErrDamaged is wrapped by the error for a file that is no whole backup.
var ErrDamaged = errors.New("this is no whole backup")

// Restore reads a backup into a store that is empty, all of it or nothing.
func Restore(ctx context.Context, r io.Reader, to store.Archive) (Summary, error) {
	in, err := open(r)
	if err != nil {
		return Summary{}, err
	}
	if err := to.Import(ctx, in.next); err != nil {
		return Summary{}, fmt.Errorf("restoring: %w", err)
	}
	return in.summary(), nil
}

// Check reads a whole backup and says what is in it.
func Check(r io.Reader) (Summary, error) {
	in, err := open(r)
	if err != nil {
		return Summary{}, err
	}
	for more := true; more; {
		if _, more, err = in.next(); err != nil {
			return Summary{}, err
		}
	}
	return in.summary(), nil
}

// reader reads a backup line by line.
type reader struct {
	lines   *bufio.Scanner
	header  Header
	sum     hash.Hash
	records map[store.RecordKind]int64
	ended   bool
}

func open(r io.Reader) (*reader, error) {
	unzipped, err := gzip.NewReader(r)
	if err != nil {
		return nil, fmt.Errorf("%w: it is not compressed with gzip", ErrDamaged)
	}
	in := &reader{lines: bufio.NewScanner(unzipped), sum: sha256.New(), records: map[store.RecordKind]int64{}}
	in.lines.Buffer(make([]byte, 64<<10), maxLine)
	if !in.lines.Scan() || json.Unmarshal(in.lines.Bytes(), &in.header) != nil || in.header.Format != format {
		return nil, fmt.Errorf("%w: its first line is not that of a backup", ErrDamaged)
	}
	if in.header.Version < 1 {
		return nil, fmt.Errorf("%w: it has format %d, which there is not", ErrDamaged, in.header.Version)
	}
	if in.header.Version > version {
		return nil, fmt.Errorf("the backup has format %d, made by butlerd %q: this program reads up to %d", in.header.Version, in.header.MadeBy, version)
	}
	return in, nil
}

// line is a record or the trailer.
type line struct {
	store.Record
	trailer
}

// next is the next record, as Import asks for it: it returns false behind the last
// one, once the trailer has agreed with what was read.
func (in *reader) next() (store.Record, bool, error) {
	if in.ended {
		return store.Record{}, false, nil
	}
	if !in.lines.Scan() {
		return store.Record{}, false, in.broken()
	}
	var l line
	if err := json.Unmarshal(in.lines.Bytes(), &l); err != nil {
		return store.Record{}, false, fmt.Errorf("%w: line %d is not JSON", ErrDamaged, in.count()+2)
	}
	if l.End {
		in.ended = true
		return store.Record{}, false, in.agree(l.trailer)
	}
	in.sum.Write(in.lines.Bytes())
	in.sum.Write([]byte{'\n'})
	in.records[l.Kind]++
	return l.Record, true, nil
}

// broken says why there is no further line.
func (in *reader) broken() error {
	err := in.lines.Err()
	switch {
	case errors.Is(err, bufio.ErrTooLong):
		return fmt.Errorf("%w: line %d is longer than %d bytes", ErrDamaged, in.count()+2, maxLine)
	case err != nil && !errors.Is(err, io.ErrUnexpectedEOF):
		return fmt.Errorf("%w: reading line %d: %w", ErrDamaged, in.count()+2, err)
	}
	return fmt.Errorf("%w: it breaks off", ErrDamaged)
}

// agree compares the trailer with what was read, and sees that nothing follows.
func (in *reader) agree(t trailer) error {
	switch {
	case !maps.Equal(t.Records, in.records):
		return fmt.Errorf("%w: there are records missing, or too many", ErrDamaged)
	case t.SHA256 != hex.EncodeToString(in.sum.Sum(nil)):
		return fmt.Errorf("%w: the digest at its end is of other records", ErrDamaged)
	case in.lines.Scan() || in.lines.Err() != nil: // this also checks the sum of gzip
		return fmt.Errorf("%w: there is something behind its end", ErrDamaged)
	}
	return nil
}

func (in *reader) count() (n int64) {
	for _, of := range in.records {
		n += of
	}
	return n
}

func (in *reader) summary() Summary {
	return Summary{Header: in.header, Records: in.records, SHA256: hex.EncodeToString(in.sum.Sum(nil))}
}
