package qrssim

import (
	"bytes"
	"encoding/json"
	"net/http"
)

// faultRequest is a fault as it is posted. Its members are those of [Fault].
type faultRequest struct {
	Method string    `json:"method"`
	Path   string    `json:"path"`
	Times  int       `json:"times"`
	Kind   FaultKind `json:"kind"`
	Delay  Duration  `json:"delay"`
	Status int       `json:"status"`
	Body   string    `json:"body"`
}

// control answers requests below /simulator, which are no part of QRS. Those that
// end the site's listeners are not for requests that came over one.
func (s *Simulator) control(c *call) answer {
	switch c.method + " " + c.path {
	case "POST /simulator/faults":
		return s.postFault(c.body)
	case "DELETE /simulator/faults":
		s.ClearFaults()
		return noContent()
	case "GET /simulator/starts":
		return found(s.Starts())
	}
	return noEndpoint()
}

func (s *Simulator) postFault(body []byte) answer {
	var request faultRequest
	decoder := json.NewDecoder(bytes.NewReader(body))
	decoder.DisallowUnknownFields()
	if err := decoder.Decode(&request); err != nil {
		return refused(http.StatusBadRequest, err.Error())
	}
	err := s.Inject(Fault{
		Method: request.Method,
		Path:   request.Path,
		Times:  request.Times,
		Kind:   request.Kind,
		Delay:  request.Delay.std(),
		Status: request.Status,
		Body:   request.Body,
	})
	if err != nil {
		return refused(http.StatusBadRequest, err.Error())
	}
	return noContent()
}
