// Package slack is the bundled plugin slack: it posts messages to Slack through
// an incoming webhook.
//
// The message is plain text, in the shape in which Butler sends it, so that
// channels look the same after a change from one to the other. It is not a client
// of Slack's API: it reads nothing, and it cannot change what it has posted.
package slack
