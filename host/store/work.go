package store

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"unicode/utf8"

	"butlerd/host/run"
)

// EncodeWork writes a run's work as engines keep it; nil when there is none. It
// fails for what no engine takes.
func EncodeWork(w *run.Work) (*string, error) {
	if w == nil {
		return nil, nil
	}
	if err := checkWork(*w); err != nil {
		return nil, fmt.Errorf("the run's work: %w", err)
	}
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	if err := e.Encode(w); err != nil {
		return nil, fmt.Errorf("encoding a run's work: %w", err)
	}
	text := string(bytes.TrimSuffix(b.Bytes(), []byte("\n")))
	if err := checkSize(len(text), MaxDocument); err != nil {
		return nil, fmt.Errorf("the run's work as JSON: %w", err)
	}
	return &text, nil
}

// DecodeWork reads what EncodeWork wrote.
func DecodeWork(text *string) (*run.Work, error) {
	if text == nil {
		return nil, nil
	}
	var w run.Work
	if err := json.Unmarshal([]byte(*text), &w); err != nil {
		return nil, fmt.Errorf("decoding a run's work: %w", err)
	}
	return &w, nil
}

// Encode checks a trigger and writes its run's work. What it returns has the work as
// it will be read: JSON loses white space on the way.
func (t Trigger) Encode() (Trigger, *string, error) {
	text, err := EncodeWork(t.Run.Work)
	if err == nil {
		err = t.Check()
	}
	if err != nil {
		return t, nil, err
	}
	t.Run.Work, err = DecodeWork(text)
	return t, text, err
}

func checkWork(w run.Work) error {
	if w.Timeout < 0 {
		return errors.New("its timeout is negative")
	}
	if err := checkObject(w.Arguments); err != nil {
		return err
	}
	for _, list := range [][]run.Next{w.OnSuccess, w.OnFailure} {
		if len(list) > run.MaxNext {
			return fmt.Errorf("%w: %d runs follow it, and %d may", ErrTooLarge, len(list), run.MaxNext)
		}
		for _, n := range list {
			if err := checkTexts(n.Action, n.Plugin); err != nil {
				return err
			}
			if err := checkObject(n.Arguments); err != nil {
				return fmt.Errorf("what follows by %.40q: %w", n.Action, err)
			}
		}
	}
	return nil
}

func checkObject(arguments json.RawMessage) error {
	if err := checkSize(len(arguments), MaxDocument); err != nil {
		return fmt.Errorf("the arguments: %w", err)
	}
	// JSON is read with other characters in place of those that are none.
	if !utf8.Valid(arguments) || !isObject(arguments) {
		return errors.New("the arguments are not a JSON object")
	}
	return nil
}
