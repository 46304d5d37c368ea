package mqtt

import (
	"errors"
	"fmt"
	"strings"
	"unicode/utf8"

	"butlerd/sdk"
)

// Arguments are those of mqtt-publish.
type Arguments struct {
	Topic   string `hcl:"topic" doc:"where to publish, as in \"qliksense/reload/done\"; without the wildcards + and #"`
	Message string `hcl:"message" doc:"the message, as text. An empty one with retain = true removes what the broker has retained"`
	QoS     int    `hcl:"qos" default:"0" doc:"how sure the delivery to the broker is. 0: at most once, nobody confirms; 1: at least once; 2: exactly once"`
	Retain  bool   `hcl:"retain" default:"false" doc:"the broker keeps the message, and gives it to whoever subscribes later"`
}

// maxTopic is the longest topic that the protocol can carry, in bytes
// (MQTT 3.1.1, 1.5.3).
const maxTopic = 65535

// Validate tells all that is wrong.
func (a *Arguments) Validate() error {
	var errs []error
	if a.QoS < 0 || a.QoS > 2 {
		errs = append(errs, sdk.At(errors.New("must be 0, 1 or 2"), "qos"))
	}
	return errors.Join(append(errs, sdk.At(checkTopic(a.Topic), "topic"))...)
}

// checkTopic follows MQTT 3.1.1, 4.7: a broker closes the connection, without a
// word, over a topic that may not be.
func checkTopic(topic string) error {
	switch {
	case topic == "":
		return errors.New("must not be empty")
	case len(topic) > maxTopic:
		return fmt.Errorf("must not be longer than %d bytes", maxTopic)
	case strings.ContainsAny(topic, "+#"):
		return errors.New("must not contain the wildcards + and #; they are for subscribing")
	case strings.ContainsRune(topic, 0) || !utf8.ValidString(topic):
		return errors.New("must be text without NUL characters")
	}
	return nil
}
