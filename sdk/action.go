package sdk

import (
	"context"
	"errors"
	"fmt"
	"reflect"

	"butlerd/sdk/internal/argument"
	"butlerd/sdk/schema"
)

// Action is one thing a plugin can do. It is made by NewAction or NewQuery.
type Action struct {
	typ     string
	doc     string
	args    schema.Body
	result  schema.Body
	resumes bool
	query   bool
	err     error // the author's mistake, told by Serve and NewServer

	validate func(doc []byte) []schema.Diagnostic
	execute  func(ctx context.Context, run *Run, doc []byte) ended // nil for a query
	answer   func(ctx context.Context, doc []byte) ended           // of a query only
}

// ended is how a call of an action's function ended.
type ended struct {
	output   any // nil when there is nothing to send
	err      error
	rejected []schema.Diagnostic // the arguments' faults: the function was not called
}

// NewAction makes an action from a function. typ is the label of the action
// block; lower-case letters, digits and dashes. C is the struct of the
// arguments (see the package's text on tags); R is the result, a struct with
// json tags or a map with string keys, struct{} if there is none. A result is
// sent along with an error too, unless it is zero.
//
// The function is called concurrently. Mistakes in C or R are told by Serve.
func NewAction[C, R any](typ string, fn func(ctx context.Context, run *Run, args C) (R, error)) Action {
	a := Action{typ: typ}
	bound, err := argument.Of(reflect.TypeFor[C]())
	if err != nil {
		a.err = fmt.Errorf("arguments: %w", err)
		return a
	}
	a.args = bound.Schema()
	a.result, a.err = resultOf(reflect.TypeFor[R]())
	if fn == nil {
		a.err = errors.New("it has no function")
	}
	a.validate = func(doc []byte) []schema.Diagnostic { return check[C](bound, doc) }
	a.execute = func(ctx context.Context, run *Run, doc []byte) ended {
		args, faults := decode[C](bound, doc)
		if len(faults) > 0 {
			return ended{rejected: faults}
		}
		result, err := fn(ctx, run, args)
		if err != nil && reflect.ValueOf(&result).Elem().IsZero() {
			return ended{err: err}
		}
		return ended{output: result, err: err}
	}
	return a
}

// WithDoc is the action with a text that says what it does, in a sentence or
// two.
func (a Action) WithDoc(text string) Action {
	a.doc = text
	return a
}

// WithResume is the action with the ability to look for an attempt that was lost:
// its host or its process ended, and nobody knows what became of what it had
// started. Then the function is called again with Run.Lost set. It must start
// nothing, but find out what the lost attempt started, follow that to its end and
// return how it ended, as the lost attempt would have. What it returns counts for
// the run:
//
//   - the result, or an error, as that of any attempt;
//   - an error that is not Lost also when it is certain that nothing was started:
//     the schedule's policy says whether another attempt starts it;
//   - Lost when nobody can tell, or not yet.
//
// Run.Checkpoint is how an attempt leaves word of what it started. An attempt that
// resumes may be lost as well: the next one gets what that one noted last, so
// note again what you were given and still need.
func (a Action) WithResume() Action {
	a.resumes = true
	return a
}

func (a *Action) check() error {
	var name error
	if !plainName.MatchString(a.typ) {
		name = errors.New("its type must be lower-case letters, digits and dashes, a letter first")
	}
	var resumes error
	if a.query && a.resumes {
		resumes = errors.New("it is a query, which leaves nothing to be resumed")
	}
	return errors.Join(name, checkDoc(a.doc), resumes, a.err)
}

// resultOf derives the result's schema, and refuses types that cannot become a
// JSON object.
func resultOf(t reflect.Type) (schema.Body, error) {
	inner := t
	if t.Kind() == reflect.Pointer {
		inner = t.Elem()
	}
	isMap := inner.Kind() == reflect.Map && inner.Key().Kind() == reflect.String
	if inner.Kind() != reflect.Struct && !isMap {
		return schema.Body{}, fmt.Errorf("result: %s does not become a JSON object; use a struct", t)
	}
	body := argument.Result(t)
	if err := body.Check(); err != nil {
		return schema.Body{}, fmt.Errorf("result: json tags: %w", err)
	}
	return body, nil
}

// decode reads a whole document and lets *C validate itself.
func decode[C any](bound *argument.Struct, doc []byte) (C, []schema.Diagnostic) {
	var args C
	faults := bound.Decode(doc, &args)
	if len(faults) == 0 {
		faults = selfCheck(&args)
	}
	return args, faults
}

// check is decode for documents that may lack what is not known yet. Then *C
// is not asked: it would complain of what is merely absent.
func check[C any](bound *argument.Struct, doc []byte) []schema.Diagnostic {
	var args C
	faults, complete := bound.DecodeKnown(doc, &args)
	if len(faults) == 0 && complete {
		faults = selfCheck(&args)
	}
	return faults
}

func selfCheck(args any) []schema.Diagnostic {
	v, ok := args.(interface{ Validate() error })
	if !ok {
		return nil
	}
	return diagnose(guard(v.Validate))
}
