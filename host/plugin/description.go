package plugin

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	actionv1 "butlerd/sdk/proto/butlerd/action/v1"
	"butlerd/sdk/schema"
	"butlerd/sdk/wire"
)

// Description is what a plugin says of itself.
type Description struct {
	Name    string
	Version string
	SDK     string
	Doc     string
	BuildID string
	// Features are optional parts of the contract that it has: "cancel", "renew".
	Features []string
	Config   schema.Body // of the plugin's config block
	Actions  []Action
}

// Action is one thing a plugin can do.
type Action struct {
	Type      string
	Doc       string
	Arguments schema.Body
	Result    schema.Body
	// Resumes says that the action can look for an attempt that was lost.
	Resumes bool
	// Query says that it is a question: it is asked with Plugin.Query, never executed.
	Query bool
}

// Answers says whether the plugin has a query of this type.
func (d Description) Answers(query string) bool {
	return slices.ContainsFunc(d.Actions, func(a Action) bool { return a.Type == query && a.Query })
}

// Resumes says whether an action can look for an attempt that was lost.
func (d Description) Resumes(action string) bool {
	for _, a := range d.Actions {
		if a.Type == action {
			return a.Resumes
		}
	}
	return false
}

// Limits on a description.
const (
	maxActions  = 200
	maxFeatures = 100 // more are not read
	maxText     = 200 // bytes of a name or a version
	maxDoc      = 4 << 10
)

// describe asks a new process what it is and refuses an answer that is not sound.
func describe(ctx context.Context, p *process, spec Spec, hostVersion string) (Description, error) {
	ctx, cancel := context.WithTimeout(ctx, spec.StartTimeout)
	defer cancel()
	answer, err := p.client.Describe(ctx, &actionv1.DescribeRequest{HostVersion: hostVersion})
	if err != nil {
		return Description{}, fmt.Errorf("asking it what it is: %w", plainStatus(err))
	}
	d, err := readDescription(answer)
	if err != nil {
		return Description{}, err
	}
	if d.Name != spec.Name {
		return Description{}, fmt.Errorf("it calls itself %q: declare it as plugin %q", d.Name, d.Name)
	}
	if spec.BuildID != "" && d.BuildID != spec.BuildID {
		return Description{}, errors.New("the program was replaced by another build: restart the host")
	}
	return d, nil
}

func readDescription(answer *actionv1.DescribeResponse) (Description, error) {
	d := Description{
		Name:    wire.Text(answer.GetName(), maxText),
		Version: wire.Text(answer.GetVersion(), maxText),
		SDK:     wire.Text(answer.GetSdk(), maxText),
		Doc:     wire.Text(answer.GetDoc(), maxDoc),
		BuildID: wire.Text(answer.GetBuildId(), maxText),
	}
	features := answer.GetFeatures()
	for _, f := range features[:min(len(features), maxFeatures)] {
		d.Features = append(d.Features, wire.Text(f, maxText))
	}
	var err error
	if d.Config, err = wire.ToBody(answer.GetConfig()); err != nil {
		return Description{}, fmt.Errorf("reading the schema of its configuration: %w", err)
	}
	if n := len(answer.GetActions()); n > maxActions {
		return Description{}, fmt.Errorf("it offers %d actions; %d are allowed", n, maxActions)
	}
	for _, a := range answer.GetActions() {
		action, err := readAction(a)
		if err != nil {
			return Description{}, err
		}
		d.Actions = append(d.Actions, action)
	}
	return d, nil
}

func readAction(a *actionv1.Action) (Action, error) {
	action := Action{Type: a.GetType(), Doc: wire.Text(a.GetDoc(), maxDoc), Resumes: a.GetResumes(), Query: a.GetQuery()}
	if action.Type == "" || len(action.Type) > maxText {
		return Action{}, fmt.Errorf("it offers an action with the unusable type %q", wire.Text(a.GetType(), maxText))
	}
	var err error
	if action.Arguments, err = wire.ToBody(a.GetArguments()); err != nil {
		return Action{}, fmt.Errorf("reading the arguments of its action %q: %w", action.Type, err)
	}
	if action.Result, err = wire.ToBody(a.GetResult()); err != nil {
		return Action{}, fmt.Errorf("reading the result of its action %q: %w", action.Type, err)
	}
	return action, nil
}

// Status is where a plugin stands.
type Status struct {
	Name      string
	State     State
	PID       int       // 0 when there is no process of its own
	StartedAt time.Time // of the process
	SHA256    string    // of the program; empty for the host's own
	Restarts  int       // since the host started
	LastError string    // of the last life or launch that failed
	NextTryAt time.Time // while Failing
	Running   int       // attempts being executed
	// HeedsLease says that the plugin ends by itself what it executes when the
	// host's lease runs out, see Renew. One that does not may go on while another
	// host executes the same.
	HeedsLease bool
}

// State is a state of a supervised plugin.
type State string

// The states.
const (
	Stopped  State = "stopped"
	Starting State = "starting"
	Ready    State = "ready"
	Failing  State = "failing" // between two tries to start it
	Stopping State = "stopping"
)
