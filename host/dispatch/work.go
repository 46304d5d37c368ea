package dispatch

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"

	"butlerd/host/run"
)

// checkWork says what is wrong with work that nobody should take. The size of arguments
// is left to the store, which bounds the whole.
func checkWork(w run.Work) error {
	if w.Timeout < 0 {
		return fmt.Errorf("the timeout is %s", w.Timeout)
	}
	if err := checkArguments(w.Arguments); err != nil {
		return err
	}
	for _, list := range [][]run.Next{w.OnSuccess, w.OnFailure} {
		if len(list) > run.MaxNext {
			return fmt.Errorf("%d actions are to follow; %d of each kind are allowed", len(list), run.MaxNext)
		}
		for _, next := range list {
			if err := checkArguments(next.Arguments); err != nil {
				return fmt.Errorf("%q, which is to follow: %w", next.Action, err)
			}
		}
	}
	return nil
}

func checkArguments(arguments json.RawMessage) error {
	if !bytes.HasPrefix(arguments, []byte("{")) || !json.Valid(arguments) {
		return errors.New("the arguments are no JSON object")
	}
	return nil
}
