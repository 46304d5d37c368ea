package api

import (
	"encoding/json"
	"fmt"
	"net/http"

	"github.com/gofiber/fiber/v2"
)

// What the plugins offer for messages.
const (
	mqttAction   = "mqtt-publish"
	slackAction  = "slack-message"
	eventAction  = "newrelic-event"
	metricAction = "newrelic-metric"
)

func (v v4) messageRoutes(app *fiber.App) {
	app.Put("/v4/mqttpublishmessage", v.on("mqttPublishMessage"), v.publish)
	app.Put("/v4/slackpostmessage", v.on("slackPostMessage"), v.postToSlack)
	app.Post("/v4/newrelic/event", v.on("postNewRelicEvent"), v.postEvent)
	app.Post("/v4/newrelic/metric", v.on("postNewRelicMetric"), v.postMetric)
}

// required are members that must be there, as text. The first that is missing is the
// one that is named.
func (m members) required(names ...string) (map[string]string, error) {
	for _, name := range names {
		if _, ok := m[name]; !ok {
			return nil, validationFault("body must have required property '" + name + "'")
		}
	}
	got := map[string]string{}
	for _, name := range names {
		value, err := freeText(m[name], "body/"+name)
		if err != nil {
			return nil, err
		}
		got[name] = value
	}
	return got, nil
}

// mqttMessage is what is published, as Butler has it and as the plugin does.
type mqttMessage struct {
	Topic   string `json:"topic"`
	Message string `json:"message"`
}

func (v v4) publish(c *fiber.Ctx) error {
	m, err := v4Object(c)
	if err != nil {
		return err
	}
	got, err := m.required("topic", "message")
	if err != nil {
		return err
	}
	message := mqttMessage{Topic: got["topic"], Message: got["message"]}
	if err := v.send(mqttAction, message); err != nil {
		return err
	}
	return reply(c, http.StatusCreated, message)
}

// send has a plugin send a message, and waits until it has done so.
func (v v4) send(action string, message any) error {
	arguments, err := json.Marshal(message)
	if err != nil {
		return err
	}
	return v.finish(action, arguments)
}

// slackMessage is Butler's.
type slackMessage struct {
	Channel  string  `json:"channel"`
	FromUser string  `json:"from_user"`
	Msg      string  `json:"msg"`
	Emoji    *string `json:"emoji,omitempty"`
}

// slackArguments are those of slackAction.
type slackArguments struct {
	Channel  string `json:"channel"`
	FromUser string `json:"from_user"`
	Text     string `json:"text"`
	Emoji    string `json:"emoji"`
}

func (v v4) postToSlack(c *fiber.Ctx) error {
	m, err := v4Object(c)
	if err != nil {
		return err
	}
	got, err := m.required("channel", "from_user", "msg")
	if err != nil {
		return err
	}
	message := slackMessage{Channel: got["channel"], FromUser: got["from_user"], Msg: got["msg"]}
	if message.Emoji, err = m.textAt("emoji", "body"); err != nil {
		return err
	}
	a := slackArguments{Channel: message.Channel, FromUser: message.FromUser, Text: message.Msg}
	if message.Emoji != nil {
		a.Emoji = *message.Emoji
	}
	if err := v.send(slackAction, a); err != nil {
		return err
	}
	return reply(c, http.StatusCreated, message)
}

// newRelic is what events and metrics have in common, as the plugin has it.
type newRelic struct {
	Timestamp  int64             `json:"timestamp"` // milliseconds since 1970; 0: now
	Attributes map[string]string `json:"attributes"`
}

// newRelicEvent are the arguments of eventAction.
type newRelicEvent struct {
	EventType string `json:"event_type"`
	newRelic
}

func (v v4) postEvent(c *fiber.Ctx) error {
	m, err := v4Object(c)
	if err != nil {
		return err
	}
	got, err := m.required("eventType")
	if err != nil {
		return err
	}
	common, err := m.newRelic()
	if err != nil {
		return err
	}
	return v.accept(c, eventAction, newRelicEvent{EventType: got["eventType"], newRelic: common})
}

// newRelicMetric are the arguments of metricAction.
type newRelicMetric struct {
	Name     string  `json:"name"`
	Type     string  `json:"type"`
	Value    float64 `json:"value"`
	Interval int64   `json:"interval"` // milliseconds
	newRelic
}

func (v v4) postMetric(c *fiber.Ctx) error {
	m, err := v4Object(c)
	if err != nil {
		return err
	}
	got, err := m.required("name", "type", "value")
	if err != nil {
		return err
	}
	if got["type"] != "gauge" {
		return validationFault("body/type must be equal to one of the allowed values")
	}
	a := newRelicMetric{Name: got["name"], Type: got["type"]}
	if a.Value, err = numeric(m["value"], "body/value"); err != nil {
		return err
	}
	if a.Interval, err = m.milliseconds("interval"); err != nil {
		return err
	}
	if a.newRelic, err = m.newRelic(); err != nil {
		return err
	}
	return v.accept(c, metricAction, a)
}

// accept answers as Butler does when New Relic has taken what was sent.
func (v v4) accept(c *fiber.Ctx, action string, arguments any) error {
	if err := v.send(action, arguments); err != nil {
		return err
	}
	c.Set(fiber.HeaderContentType, fiber.MIMETextPlain) // Butler names no charset here
	return c.Status(http.StatusAccepted).SendString("Accepted")
}

// maxAttributes is how many attributes New Relic takes with an event.
const maxAttributes = 254

func (m members) newRelic() (newRelic, error) {
	n := newRelic{Attributes: map[string]string{}}
	var err error
	if n.Timestamp, err = m.milliseconds("timestamp"); err != nil {
		return n, err
	}
	value, ok := m["attributes"]
	if !ok {
		return n, nil
	}
	list, err := elements(value, "body/attributes", maxAttributes)
	if err != nil {
		return n, err
	}
	for i, item := range list {
		if err := n.add(item, fmt.Sprintf("body/attributes/%d", i)); err != nil {
			return n, err
		}
	}
	return n, nil
}

// add reads an attribute: an object with a name and a value.
func (n newRelic) add(item json.RawMessage, at string) error {
	a, err := object(item, at)
	if err != nil {
		return err
	}
	name, err := a.textAt("name", at)
	if err != nil {
		return err
	}
	value, err := a.textAt("value", at)
	switch {
	case err != nil:
		return err
	case name == nil || *name == "":
		return validationFault(at + " must have required property 'name'")
	case value == nil:
		return validationFault(at + " must have required property 'value'")
	}
	n.Attributes[*name] = *value
	return nil
}

// lastMillisecond is that of the year 9999.
const lastMillisecond = 253402300799999

// milliseconds is a member that is a whole number of them; 0 when it is not there.
func (m members) milliseconds(name string) (int64, error) {
	value, ok := m[name]
	if !ok {
		return 0, nil
	}
	n, err := numeric(value, "body/"+name)
	if err != nil {
		return 0, err
	}
	if n < 0 || n > float64(lastMillisecond) {
		return 0, validationFault(fmt.Sprintf("body/%s must be between 0 and %d", name, lastMillisecond))
	}
	return int64(n), nil
}
