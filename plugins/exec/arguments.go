package exec

import (
	"errors"
	"slices"
	"strings"

	"butlerd/sdk"
)

// Arguments are those of exec.
type Arguments struct {
	Command     []string          `hcl:"command" doc:"the program and its arguments, one element each. A program without a slash is looked for in the PATH of the plugin's process; a relative path starts in dir. There is no shell: name one for pipes and wildcards, as in [\"/bin/sh\", \"-c\", \"…\"]"`
	Dir         string            `hcl:"dir,optional" doc:"directory to run it in; left out: that of butlerd"`
	Env         map[string]string `hcl:"env,optional" sensitive:"true" doc:"environment variables to set for it, in addition to what the plugin's configuration lets it inherit"`
	Stdin       string            `hcl:"stdin,optional" sensitive:"true" doc:"text for its standard input; left out: it is empty"`
	OKExitCodes []int             `hcl:"ok_exit_codes" default:"[0]" doc:"exit codes that mean success; with any other the attempt has failed"`
}

// Validate tells all that is wrong.
func (a *Arguments) Validate() error {
	errs := []error{a.checkCommand(), sdk.At(noNUL(a.Dir), "dir")}
	for name, value := range a.Env {
		errs = append(errs, sdk.At(errors.Join(checkVariable(name), noNUL(value)), "env", name))
	}
	if len(a.OKExitCodes) == 0 {
		errs = append(errs, sdk.At(errors.New("must have an exit code that means success"), "ok_exit_codes"))
	}
	if i := slices.IndexFunc(a.OKExitCodes, func(code int) bool { return code < 0 }); i >= 0 {
		errs = append(errs, sdk.At(errors.New("must not be negative"), "ok_exit_codes", i))
	}
	return errors.Join(errs...)
}

func (a *Arguments) checkCommand() error {
	if len(a.Command) == 0 || a.Command[0] == "" {
		return sdk.At(errors.New("must have a program as its first element"), "command")
	}
	var errs []error
	for i, part := range a.Command {
		errs = append(errs, sdk.At(noNUL(part), "command", i))
	}
	return errors.Join(errs...)
}

// noNUL refuses what no operating system can pass on.
func noNUL(text string) error {
	if strings.ContainsRune(text, 0) {
		return errors.New("must not contain a NUL character")
	}
	return nil
}
