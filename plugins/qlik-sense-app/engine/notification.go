package engine

import (
	"encoding/json"
	"fmt"
	"strings"
)

// notified looks whether a notification means the end of the session. The engine
// tells so before it closes the connection, or in place of it. Most are nothing of
// the kind, and unknown ones are ignored.
func notified(m message) error {
	var params struct {
		State string `json:"qSessionState"`
		Must  bool   `json:"mustAuthenticate"`
	}
	// Others have params of their own, which may be anything.
	_ = json.Unmarshal(m.Params, &params)
	switch {
	case m.Method == "OnConnected" && params.State != "" && params.State != "SESSION_CREATED" && params.State != "SESSION_ATTACHED":
		return &SessionError{State: excerpt(params.State)}
	case m.Method == "OnAuthenticationInformation" && params.Must:
		return &SessionError{State: m.Method}
	case ends(m.Method):
		return &SessionError{State: excerpt(m.Method)}
	}
	return nil
}

// ends reports whether a session ends with a notification of this name.
func ends(name string) bool {
	switch name {
	case "OnSessionTimedOut", "OnSessionLoggedOut", "OnSessionClosed", "OnNoEngineAvailable", "OnEngineWebsocketFailed", "OnMaxParallelSessionsExceeded":
		return true
	}
	return strings.HasPrefix(name, "OnLicenseAccessDenied")
}

// SessionError is a session that the engine does not give, or takes away.
type SessionError struct {
	State string // in the engine's word, such as SESSION_ERROR_NO_LICENSE
}

// Error implements error.
func (e *SessionError) Error() string {
	switch {
	case strings.Contains(e.State, "LICENSE"), strings.HasPrefix(e.State, "OnLicense"):
		return fmt.Sprintf("it has no licence for the session (%s)", e.State)
	case e.State == "SESSION_ERROR_APP_ACCESS_DENIED":
		return fmt.Sprintf("it does not let the user open the app (%s)", e.State)
	case e.State == "OnAuthenticationInformation":
		return "it wants somebody to log in; check the port: it has to be the engine's, not the proxy's"
	}
	return fmt.Sprintf("it gives no session (%s)", e.State)
}
