package slack

import (
	"strings"
	"unicode/utf16"
)

// Limits of Slack's on one message: blocks of a message, and characters of the
// text of a section block (https://api.slack.com/reference/block-kit/blocks).
// Characters outside the basic plane are counted as two, as JavaScript does: what
// is short by this count is short by any.
const (
	maxBlocks = 50
	maxText   = 3000
)

// payload is a message as the webhook takes it, its members in Butler's order.
type payload struct {
	Username  string  `json:"username"`
	Channel   string  `json:"channel"`
	IconEmoji string  `json:"icon_emoji,omitempty"`
	Blocks    []block `json:"blocks"`
}

type block struct {
	Type string `json:"type"`
	Text text   `json:"text"`
}

type text struct {
	Type string `json:"type"`
	Text string `json:"text"`
}

func (a *Arguments) payload() payload {
	p := payload{Username: a.FromUser, Channel: a.Channel, IconEmoji: a.Emoji}
	for _, part := range split(a.Text) {
		p.Blocks = append(p.Blocks, block{Type: "section", Text: text{Type: "plain_text", Text: part}})
	}
	return p
}

// split cuts a text into parts that Slack takes. The end of a line at which it
// cuts is left out: each part is shown on lines of its own. Parts without a
// visible character are left out too, Slack refuses them.
func split(text string) []string {
	var parts []string
	for text != "" {
		end := fitting(text)
		part, rest := text[:end], text[end:]
		if line := strings.LastIndexByte(part, '\n'); rest != "" && line > 0 {
			part, rest = text[:line], text[line+1:]
		}
		if strings.TrimSpace(part) != "" {
			parts = append(parts, part)
		}
		text = rest
	}
	return parts
}

// fitting is how many bytes of the text fit into one part, in whole characters.
func fitting(text string) int {
	units := 0
	for i, r := range text {
		units += max(utf16.RuneLen(r), 1)
		if units > maxText {
			return i
		}
	}
	return len(text)
}
