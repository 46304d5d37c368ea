package backup

import (
	"bufio"
	"compress/gzip"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"hash"
	"io"
	"time"

	"butlerd/host/store"
)

// format is what the first line of a backup says it is.
const format = "butlerd-backup"

// version of the format. 2 added runs of no schedule and the key-value store, which a
// program that knows version 1 could not restore.
const version = 2

// Header is the first line of a backup.
type Header struct {
	Format  string    `json:"format"`
	Version int       `json:"version"`
	MadeAt  time.Time `json:"made_at"`
	MadeBy  string    `json:"made_by"` // the program's version
}

// Summary says what is in a backup.
type Summary struct {
	Header
	Records map[store.RecordKind]int64 `json:"records"`
	// SHA256 is over the lines of all records, hexadecimal.
	SHA256 string `json:"sha256"`
}

// trailer is the last line.
type trailer struct {
	End     bool                       `json:"end"`
	Records map[store.RecordKind]int64 `json:"records"`
	SHA256  string                     `json:"sha256"`
}

// Write writes all that a store holds, and returns what that was. When it fails,
// what was written so far has no trailer, and is no backup.
func Write(ctx context.Context, w io.Writer, from store.Archive, madeBy string, now time.Time) (Summary, error) {
	zipped := gzip.NewWriter(w)
	out := &writer{out: bufio.NewWriterSize(zipped, 64<<10), sum: sha256.New(), records: map[store.RecordKind]int64{}}
	h := Header{Format: format, Version: version, MadeAt: now.UTC(), MadeBy: madeBy}
	if err := out.line(h); err != nil {
		return Summary{}, fmt.Errorf("writing a backup: %w", err)
	}
	if err := from.Export(ctx, out.record); err != nil {
		return Summary{}, fmt.Errorf("writing a backup: %w", err)
	}
	s := Summary{Header: h, Records: out.records, SHA256: hex.EncodeToString(out.sum.Sum(nil))}
	if err := out.line(trailer{End: true, Records: s.Records, SHA256: s.SHA256}); err != nil {
		return Summary{}, fmt.Errorf("writing a backup: %w", err)
	}
	if err := out.out.Flush(); err != nil {
		return Summary{}, fmt.Errorf("writing a backup: %w", err)
	}
	if err := zipped.Close(); err != nil {
		return Summary{}, fmt.Errorf("writing a backup: %w", err)
	}
	return s, nil
}

// writer writes lines, and sums up those that are records.
type writer struct {
	out     *bufio.Writer
	sum     hash.Hash
	records map[store.RecordKind]int64
}

func (w *writer) record(r store.Record) error {
	data, err := json.Marshal(r)
	if err != nil {
		return err
	}
	w.records[r.Kind]++
	data = append(data, '\n')
	w.sum.Write(data)
	_, err = w.out.Write(data)
	return err
}

func (w *writer) line(v any) error {
	data, err := json.Marshal(v)
	if err != nil {
		return err
	}
	_, err = w.out.Write(append(data, '\n'))
	return err
}
