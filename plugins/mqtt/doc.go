// Package mqtt is the bundled plugin mqtt: it publishes messages to a broker that
// speaks MQTT 3.1.1, as Butler did.
//
// It connects when there is something to publish, and keeps the connection; one
// that broke is made anew by the next message. A broker that is away is an
// ordinary failure: the schedule's policy decides about another attempt. Nothing is
// kept for later within the plugin: a message whose attempt has failed is not sent
// behind the host's back.
//
// It subscribes to nothing.
package mqtt
