package qrssim

import (
	"bytes"
	_ "embed"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"time"

	"github.com/google/uuid"
)

// maxSeed bounds a seed file in bytes: room for 20,000 tasks.
const maxSeed = 16 << 20

//go:embed seed.json
var defaultSeed []byte

//go:embed seed_butler.json
var butlerSeed []byte

// Seed is what a simulated site contains at its start.
type Seed struct {
	// Nodes run tasks, in turn. Without any no task starts.
	Nodes []SeedNode `json:"nodes"`

	// Tags are the tags there are, by name.
	Tags []string `json:"tags"`

	CustomProperties []SeedProperty `json:"customProperties"`
	Apps             []SeedApp      `json:"apps"`
	Tasks            []SeedTask     `json:"tasks"`
}

// SeedNode is a machine that runs tasks.
type SeedNode struct {
	ID   uuid.UUID `json:"id"`   // default: made from the name
	Name string    `json:"name"` // host name
}

// SeedProperty is the definition of a custom property.
type SeedProperty struct {
	Name string `json:"name"`

	// Choices are the values it may have; none means any value.
	Choices []string `json:"choices"`
}

// SeedApp is an app.
type SeedApp struct {
	ID     uuid.UUID `json:"id"`     // default: made from the name
	Name   string    `json:"name"`   // unique in the seed: tasks refer to it
	Stream string    `json:"stream"` // where it is published; empty means it is not
}

// SeedTask is a task.
type SeedTask struct {
	ID   uuid.UUID `json:"id"`   // default: made from the name, which then has to be unique
	Name string    `json:"name"` // need not be unique, as in Qlik Sense

	// Type is reload (the default), external_program, user_sync, distribute or
	// preload.
	Type string `json:"type"`

	App              string      `json:"app"`              // name of the app; not for external_program and user_sync
	Disabled         bool        `json:"disabled"`         // a disabled task does not start
	Tags             []string    `json:"tags"`             // names
	CustomProperties []SeedValue `json:"customProperties"` // values, several of one property allowed
	MaxRetries       int         `json:"maxRetries"`       // 0 to 20
	TimeoutMinutes   int         `json:"timeoutMinutes"`   // until an execution is aborted; default 1440
	ReloadTime       Duration    `json:"reloadTime"`       // per attempt; default Options.ReloadTime
	Outcome          string      `json:"outcome"`          // success (the default), fail or error
	Failures         int         `json:"failures"`         // how many attempts fail before one has the outcome
	Error            string      `json:"error"`            // what the script log says of a failed attempt
	Path             string      `json:"path"`             // external_program only
	Parameters       string      `json:"parameters"`       // external_program only
	UserDirectory    string      `json:"userDirectory"`    // user_sync only
}

// SeedValue is a custom property's value.
type SeedValue struct {
	Name  string `json:"name"`
	Value string `json:"value"`
}

// Duration is a time.Duration written as a text such as "1m30s".
type Duration time.Duration

func (d Duration) std() time.Duration { return time.Duration(d) }

// UnmarshalText reads what time.ParseDuration reads.
func (d *Duration) UnmarshalText(text []byte) error {
	parsed, err := time.ParseDuration(string(text))
	*d = Duration(parsed)
	return err
}

// MarshalText writes what UnmarshalText reads.
func (d Duration) MarshalText() ([]byte, error) {
	return []byte(time.Duration(d).String()), nil
}

// DefaultSeed is a small site: four tasks as in Butler's examples, and tasks that
// fail, are slow, disabled, of another type or have awkward names.
func DefaultSeed() *Seed {
	seed, err := ParseSeed(defaultSeed)
	if err != nil {
		panic(err) // a mistake in the file compiled in
	}
	return seed
}

// ButlerSeed is the site that Butler's answers were recorded against, no more and no
// less: four tasks, of which the last two need no app, as the site has only two
// apps. A task that is started again before it has ended does not start, so tests
// that start one often want a short Options.ReloadTime.
func ButlerSeed() *Seed {
	seed, err := ParseSeed(butlerSeed)
	if err != nil {
		panic(err) // a mistake in the file compiled in
	}
	return seed
}

// LoadSeed reads a seed from a JSON file. The error names the file.
func LoadSeed(path string) (*Seed, error) {
	file, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer file.Close()
	text, err := io.ReadAll(io.LimitReader(file, maxSeed+1))
	if err != nil {
		return nil, err
	}
	seed, err := ParseSeed(text)
	if err != nil {
		return nil, fmt.Errorf("reading seed %s: %w", path, err)
	}
	return seed, nil
}

// ParseSeed reads a seed from JSON of at most 16 MiB and checks it. The error
// lists everything that is wrong, one problem a line.
func ParseSeed(text []byte) (*Seed, error) {
	if len(text) > maxSeed {
		return nil, fmt.Errorf("longer than %d bytes", maxSeed)
	}
	var seed Seed
	decoder := json.NewDecoder(bytes.NewReader(text))
	decoder.DisallowUnknownFields()
	if err := decoder.Decode(&seed); err != nil {
		return nil, locate(text, decoder.InputOffset(), err)
	}
	if _, err := decoder.Token(); !errors.Is(err, io.EOF) {
		return nil, locate(text, decoder.InputOffset(), errors.New("text after the end of the seed"))
	}
	if err := seed.complete(); err != nil {
		return nil, err
	}
	return &seed, nil
}

// locate adds the line to an error of the decoder. Not every such error knows its
// own place; the decoder's is then the end of what it has read.
func locate(text []byte, offset int64, err error) error {
	var syntax *json.SyntaxError
	if errors.As(err, &syntax) {
		offset = syntax.Offset
	}
	offset = min(offset, int64(len(text)))
	return fmt.Errorf("line %d: %w", bytes.Count(text[:offset], []byte("\n"))+1, err)
}
