package slack

import (
	"errors"
	"fmt"
	"strings"
	"unicode/utf8"

	"butlerd/sdk"
)

// Arguments are those of slack-message.
type Arguments struct {
	Channel  string `hcl:"channel" doc:"where to post, as in \"#general\"; webhooks of newer Slack apps post to their own channel whatever is given"`
	FromUser string `hcl:"from_user" doc:"the name to post under; newer Slack apps have their own"`
	Text     string `hcl:"text" doc:"the message, as plain text. Slack takes 3,000 characters in one part: what is longer is split, at ends of lines where there are some, into up to 50 parts"`
	Emoji    string `hcl:"emoji,optional" doc:"emoji to show as the sender's picture, as in \":+1:\"; left out: the webhook's picture"`
}

// maxName bounds channel, name and emoji, in characters. Slack's own names have
// at most 80.
const maxName = 200

// Validate tells all that is wrong.
func (a *Arguments) Validate() error {
	errs := []error{
		sdk.At(checkName(a.Channel, true), "channel"),
		sdk.At(checkName(a.FromUser, true), "from_user"),
		sdk.At(checkName(a.Emoji, false), "emoji"),
	}
	switch {
	case strings.TrimSpace(a.Text) == "":
		errs = append(errs, sdk.At(errors.New("must not be empty"), "text"))
	case len(split(a.Text)) > maxBlocks:
		errs = append(errs, sdk.At(fmt.Errorf("is too long: Slack takes %d parts of %d characters", maxBlocks, maxText), "text"))
	}
	return errors.Join(errs...)
}

func checkName(text string, needed bool) error {
	switch {
	case needed && strings.TrimSpace(text) == "":
		return errors.New("must not be empty")
	case utf8.RuneCountInString(text) > maxName:
		return fmt.Errorf("must not be longer than %d characters", maxName)
	}
	return nil
}
